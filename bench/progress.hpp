// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace copg::bench {

/// A line that says what is being done: a bar on a terminal, one line for each task elsewhere.
class progress {
public:
    progress();
    ~progress(); ///< wipes the bar

    progress(progress const&) = delete;
    progress& operator=(progress const&) = delete;

    /// @param task  what is being done
    /// @param share  of the whole that is done, from 0 to 1
    void show(std::string const& task, double share);

private:
    bool terminal_;
    std::string last_task_;
};

} // namespace copg::bench
