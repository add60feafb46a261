// SPDX-License-Identifier: BSL-1.0
// Reads the project's own sources and checks what no compiler does.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

fs::path const root{COPG_SOURCE_ROOT};

std::map<std::string, int> const layers{
    {"base", 0}, {"driver", 1}, {"pool", 2}, {"scope", 3}, {"manager", 4}, {"config", 5}};

struct source_line {
    fs::path file;
    int number;
    std::string text;
};

template <class Visitor>
void each_line(std::vector<char const*> const& folders, Visitor visit) {
    for (auto const* folder : folders)
        for (auto const& entry : fs::recursive_directory_iterator{root / folder}) {
            auto const extension = entry.path().extension();
            if (extension != ".hpp" && extension != ".cpp")
                continue;
            std::ifstream file{entry.path()};
            source_line line{fs::relative(entry.path(), root), 0, {}};
            while (std::getline(file, line.text)) {
                ++line.number;
                visit(line);
            }
        }
}

std::string place(source_line const& line) {
    return line.file.string() + ":" + std::to_string(line.number);
}

/// The layer that a file of src/ or include/copg/ belongs to, or "".
std::string layer_of(fs::path const& file) {
    for (auto const& part : file)
        if (layers.contains(part.string()))
            return part.string();
    return {};
}

// libpq before 17 has no other way to cancel.
bool runs_on_a_helper(source_line const& line) {
    return line.file == "src/driver/cancel_request.cpp" &&
           line.text.find("PQcancel(target") != std::string::npos;
}

std::size_t display_width(std::string const& text) {
    std::size_t width = 0;
    for (char const c : text)
        width += (static_cast<unsigned char>(c) & 0xC0) != 0x80; // UTF-8 continuation bytes
    return width;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_tidy)

BOOST_AUTO_TEST_CASE(no_layer_includes_from_above) {
    static std::regex const include{R"re(#include ["<](?:copg/)?(\w+)/)re"};
    int seen = 0;
    each_line({"src", "include"}, [&](source_line const& line) {
        std::smatch match;
        auto const mine = layer_of(line.file);
        if (mine.empty() || !std::regex_search(line.text, match, include) ||
            !layers.contains(match[1]))
            return;
        ++seen;
        BOOST_TEST(layers.at(match[1]) <= layers.at(mine), place(line) << " reaches up");
    });
    BOOST_TEST(seen > 50);
}

BOOST_AUTO_TEST_CASE(libpq_is_included_by_the_driver_alone) {
    each_line({"src", "include"}, [](source_line const& line) {
        if (line.text.find("libpq-fe.h") != std::string::npos)
            BOOST_TEST(line.file.string().starts_with("src/driver/"), place(line));
    });
}

BOOST_AUTO_TEST_CASE(no_blocking_libpq_function_is_called) {
    static std::regex const blocking{
        R"(\bPQ(exec|execParams|execPrepared|prepare|describePrepared|describePortal|)"
        R"(closePrepared|)"
        R"(reset|setClientEncoding|connectdb|connectdbParams|cancel|requestCancel|ping|pingParams|)"
        R"(changePassword)\()"};
    each_line({"src", "include"}, [](source_line const& line) {
        BOOST_TEST((!std::regex_search(line.text, blocking) || runs_on_a_helper(line)),
                   place(line));
    });
}

BOOST_AUTO_TEST_CASE(no_line_is_too_long_and_no_marker_is_left) {
    static constexpr std::size_t longest = 100;
    static std::regex const marker{R"(\b(TO)"
                                   R"(DO|FIX)"
                                   R"(ME|XX)"
                                   R"(X|HA)"
                                   R"(CK)\b)"};
    each_line({"src", "include", "tests", "bench", "examples"}, [](source_line const& line) {
        BOOST_TEST(display_width(line.text) <= longest, place(line) << " is too long");
        BOOST_TEST(!std::regex_search(line.text, marker), place(line) << " holds a marker");
    });
}

BOOST_AUTO_TEST_SUITE_END()
