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

    /// @param heeded  the types that the operation can serve
    numbered_cancellation(std::weak_ptr<Owner> owner,
                          function cancel,
                          std::uint64_t number,
                          asio::cancellation_type heeded = asio::cancellation_type::all) noexcept
        : owner_{std::move(owner)}, cancel_{cancel}, number_{number}, heeded_{heeded} {}

    void operator()(asio::cancellation_type type) const {
        if ((type & heeded_) == asio::cancellation_type::none)
            return;
        if (auto const alive = owner_.lock())
            (alive.get()->*cancel_)(number_);
    }

private:
    std::weak_ptr<Owner> owner_;
    function cancel_;
    std::uint64_t number_;
    asio::cancellation_type heeded_;
};

} // namespace copg::detail
