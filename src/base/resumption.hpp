// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace copg::detail {

namespace asio = boost::asio;

/// A suspended coroutine, ready to be continued once on its own executor. Its memory comes from
/// Asio's per-thread cache, so that suspending costs no allocation in the steady state.
class resumption {
public:
    resumption() noexcept = default;

    template <class Handler>
        requires(!std::same_as<std::decay_t<Handler>, resumption>)
    explicit resumption(Handler&& handler)
        : held_{holder<std::decay_t<Handler>>::make(std::forward<Handler>(handler))} {}

    resumption(resumption&& other) noexcept : held_{std::exchange(other.held_, nullptr)} {}
    resumption& operator=(resumption&& other) noexcept {
        std::swap(held_, other.held_);
        return *this;
    }
    ~resumption() {
        if (held_ != nullptr)
            held_->end(held_, how::destroy);
    }

    explicit operator bool() const noexcept { return held_ != nullptr; }

    /// Continues at once where the calling thread runs the coroutine's executor. Never call it with
    /// a lock held or from inside another coroutine's operation.
    void dispatch() { std::exchange(held_, nullptr)->finish(how::dispatch); }

    /// Continues later, from the executor's queue.
    void post() { std::exchange(held_, nullptr)->finish(how::post); }

private:
    enum class how { destroy, dispatch, post };

    struct base {
        void (*end)(base*, how);
        void finish(how manner) { end(this, manner); }
    };

    template <class Handler>
    struct holder : base {
        using allocator = asio::recycling_allocator<holder>;

        explicit holder(Handler&& h) : base{&holder::end}, handler{std::move(h)} {}
        explicit holder(Handler const& h) : base{&holder::end}, handler{h} {}

        template <class H>
        static base* make(H&& h) {
            allocator memory;
            auto* const place = memory.allocate(1);
            try {
                return new (place) holder{std::forward<H>(h)};
            } catch (...) {
                memory.deallocate(place, 1);
                throw;
            }
        }

        static void end(base* self, how manner) {
            auto* const whole = static_cast<holder*>(self);
            auto local = std::move(whole->handler); // the memory is free before the handler runs
            whole->~holder();
            allocator{}.deallocate(whole, 1);
            if (manner == how::dispatch)
                asio::dispatch(std::move(local));
            else if (manner == how::post)
                asio::post(std::move(local));
        }

        Handler handler;
    };

    base* held_ = nullptr;
};

} // namespace copg::detail
