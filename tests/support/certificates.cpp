// SPDX-License-Identifier: BSL-1.0
#include "support/certificates.hpp"

#include "support/program.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace copg::test {
namespace {

namespace fs = std::filesystem;

void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    auto const result = run_program(arguments);
    BOOST_TEST_REQUIRE(result.exit_code == 0, result.output);
}

std::vector<std::string> request(std::string const& name, std::string const& key_file) {
    return {"req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=" + name,
            "-keyout",
            key_file};
}

} // namespace

std::string content_of(std::string const& file) {
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

certificate_authority::certificate_authority() {
    auto pattern = fs::temp_directory_path().string() + "/copg-tls-XXXXXX";
    BOOST_TEST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    auto command = request(fs::path{folder_}.filename(), key_file());
    command.insert(command.end(), {"-x509", "-days", "30", "-out", file()});
    openssl(command);
    std::ofstream{folder_ + "/index.txt"};
    std::ofstream{folder_ + "/ca.cnf"} << "[ca]\ndefault_ca = here\n[here]\ndatabase = " << folder_
                                       << "/index.txt\ndefault_md = sha256\n"
                                          "default_crl_days = 30\n";
}

certificate_authority::~certificate_authority() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

certificate certificate_authority::issue(std::string const& name) {
    auto const stem = folder_ + "/" + std::to_string(++last_);
    certificate issued{stem + ".crt", stem + ".key"};
    auto command = request(name, issued.key_file);
    command.insert(command.end(), {"-out", stem + ".csr"});
    openssl(command);
    openssl({"x509",
             "-req",
             "-days",
             "30",
             "-in",
             stem + ".csr",
             "-CA",
             file(),
             "-CAkey",
             key_file(),
             "-CAcreateserial",
             "-out",
             issued.file});
    fs::permissions(issued.key_file, fs::perms::owner_read | fs::perms::owner_write);
    return issued;
}

std::string certificate_authority::revoke(certificate const& revoked) {
    std::vector<std::string> const common{
        "ca", "-config", folder_ + "/ca.cnf", "-keyfile", key_file(), "-cert", file()};
    auto command = common;
    command.insert(command.end(), {"-revoke", revoked.file});
    openssl(command);
    command = common;
    command.insert(command.end(), {"-gencrl", "-out", folder_ + "/revoked.pem"});
    openssl(command);
    return folder_ + "/revoked.pem";
}

} // namespace copg::test
