// SPDX-License-Identifier: BSL-1.0
//
// shield(): waits for something that must not be cut short by a cancel of the one who waits.
// asyncio.shield.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/participant.hpp>
#include <weft/errors.hpp>

#include <utility>

namespace weft {

namespace detail {

WEFT_API void wait_shielded(completion& c, const char* call);

} // namespace detail

// shield waits for a task, view or future and returns its value, copied where it stays in the
// handle (see gather()), or throws its error. Done already: no switch. When the waiter is
// cancelled, it leaves with `cancelled` at once and the inner one goes on; a task that was handed
// over as an rvalue is then owned by the loop. An error of it that nobody reads then is reported
// once. When the inner one itself is cancelled, `cancelled` is thrown, too: this task's
// cancelling() is 0 then. The end of run() cancels the inner task all the same.
template <detail::typed_handle A>
auto shield(A&& inner) -> detail::awaited_value<A> {
    constexpr const char* call = "weft::shield";
    detail::participant<A> p(std::forward<A>(inner), call);
    try {
        detail::wait_shielded(p.core(call), call);
    } catch (const cancelled&) {
        p.let_go();
        throw;
    }
    return p.take();
}

} // namespace weft
