// SPDX-License-Identifier: BSL-1.0
#include "support/held_file.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace copg::test {

namespace fs = std::filesystem;

held_file::held_file() {
    auto pattern = fs::temp_directory_path().string() + "/copg-held-XXXXXX";
    BOOST_TEST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    path_ = folder_ + "/file";
    BOOST_TEST_REQUIRE(::mkfifo(path_.c_str(), S_IRUSR | S_IWUSR) == 0);
}

held_file::~held_file() {
    let_go();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

// Opening for writing succeeds when somebody reads. Kept open, it makes readers wait for content.
bool held_file::is_being_read() {
    if (writer_ < 0)
        writer_ = ::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    return writer_ >= 0;
}

void held_file::let_go() {
    std::ofstream{folder_ + "/empty"};
    fs::rename(folder_ + "/empty", path_);
    if (writer_ >= 0)
        ::close(writer_);
    writer_ = -1;
}

} // namespace copg::test
