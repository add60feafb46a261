// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace copg::test {

/// Files in PEM form.
struct certificate {
    std::string file;
    std::string key_file;
};

/// An authority that issues certificates with the openssl command, in a folder of its own that goes
/// with it.
class certificate_authority {
public:
    certificate_authority();
    certificate_authority(certificate_authority const&) = delete;
    certificate_authority& operator=(certificate_authority const&) = delete;
    ~certificate_authority();

    /// @param name  the common name: a server's host, a client's user
    certificate issue(std::string const& name);

    /// A revocation list with this certificate in it, and those before.
    std::string revoke(certificate const& revoked);

    std::string const& folder() const noexcept { return folder_; }
    std::string file() const { return folder_ + "/authority.crt"; }
    std::string key_file() const { return folder_ + "/authority.key"; }

private:
    std::string folder_;
    int last_ = 0;
};

/// What a file holds.
std::string content_of(std::string const& file);

} // namespace copg::test
