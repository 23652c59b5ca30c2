// SPDX-License-Identifier: Apache-2.0
#include "engine/crew.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

namespace saoluu::engine {

void Crew::start(std::function<Result<void>()> work) {
    try {
        threads_.emplace_back([this, work = std::move(work)] { run(work); });
    } catch (const std::system_error& thrown) {
        fail_with(Error(ErrorKind::failure,
                        util::message(util::tr("no further thread could be started: {}; allow this "
                                               "user more processes (ulimit -u), or use fewer "
                                               "threads"),
                                      thrown.code().message()),
                        thrown.code().value()));
    } catch (const std::bad_alloc&) {
        fail_with(Error(ErrorKind::no_memory, "out of memory"));
    }
}

Result<void> Crew::outcome() {
    const std::optional<Error> first =
        error_.with([](const std::optional<Error>& error) { return error; });
    if (first)
        return Failure(*first);
    if (stop_.stop_requested())
        return fail(ErrorKind::interrupted, util::tr("interrupted"));
    return {};
}

unsigned Crew::workers(unsigned asked) {
    return std::clamp(asked == 0 ? std::thread::hardware_concurrency() : asked, 1U, 64U);
}

} // namespace saoluu::engine
