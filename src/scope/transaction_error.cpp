// SPDX-License-Identifier: BSL-1.0
#include "scope/transaction_story.hpp"

#include <copg/scope/transaction_error.hpp>

namespace copg {

char const* to_string(transaction_outcome outcome) noexcept {
    switch (outcome) {
    case transaction_outcome::committed:
        return "committed";
    case transaction_outcome::rolled_back:
        return "rolled back";
    case transaction_outcome::in_doubt:
        break;
    }
    return "in doubt";
}

transaction_error::transaction_error(errc code,
                                     std::string const& message,
                                     std::shared_ptr<detail::transaction_story const> story)
    : error{code, message}, story_{std::move(story)} {}

transaction_outcome transaction_error::outcome() const noexcept {
    return story_->outcome;
}

std::exception_ptr const& transaction_error::cause() const noexcept {
    return story_->cause;
}

std::string const& transaction_error::transaction_id() const noexcept {
    return story_->id.number;
}

} // namespace copg
