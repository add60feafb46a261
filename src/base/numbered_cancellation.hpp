// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/cancellation_type.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace copg::detail {

namespace asio = boost::asio;

/// What copg puts into a coroutine's cancellation slot. The slot may fire long after the operation
/// is over, and after its owner is gone: the operation is known by its number only.
template <class Owner>
class numbered_cancellation {
public:
    using function = void (Owner::*)(std::uint64_t);

    numbered_cancellation(std::weak_ptr<Owner> owner,
                          function cancel,
                          std::uint64_t number) noexcept
        : owner_{std::move(owner)}, cancel_{cancel}, number_{number} {}

    void operator()(asio::cancellation_type type) const {
        if (auto const alive = owner_.lock(); alive && type != asio::cancellation_type::none)
            (alive.get()->*cancel_)(number_);
    }

private:
    std::weak_ptr<Owner> owner_;
    function cancel_;
    std::uint64_t number_;
};

} // namespace copg::detail
