// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace copg::test {

/// A file whose readers hang, as on a dead network file system: a FIFO that nobody writes to.
class held_file {
public:
    held_file();
    held_file(held_file const&) = delete;
    held_file& operator=(held_file const&) = delete;
    ~held_file();

    std::string const& path() const noexcept { return path_; }

    /// Whether a reader hangs here, or did before.
    bool is_being_read();

    /// From now on the file is empty for every reader, those that hang included.
    void let_go();

private:
    std::string folder_;
    std::string path_;
    int writer_ = -1;
};

} // namespace copg::test
