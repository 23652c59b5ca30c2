// SPDX-License-Identifier: Apache-2.0
#include "cli/app.hpp"
#include "cli/language.hpp"
#include "cli/output.hpp"
#include "cli/signals.hpp"
#include "util/text.hpp"

#include "saoluu/process.hpp"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <span>
#include <string>

#include <sys/prctl.h>
#include <unistd.h>

namespace {
using namespace saoluu;

/// What a daemon starts ends with it, however the daemon ends.
void end_with_parent() {
    const char* const parent = std::getenv("SAOLUU_PARENT");
    if (parent == nullptr || std::to_string(::getppid()) != parent)
        return;
    (void)::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (std::to_string(::getppid()) != parent) // it ended before we asked
        (void)::raise(SIGTERM);
}

cli::ExitCode run(std::span<char* const> arguments) {
    const cli::FirstLook look = cli::first_look(arguments);
    cli::choose_language(look.language);
    cli::Output output(look.json ? cli::Output::Form::json : cli::Output::Form::text);
    if (const auto ready = prepare_process(); !ready) {
        output.error(ready.error());
        return cli::ExitCode::failed;
    }
    const cli::StopSignals signals;
    end_with_parent();
    // What no layer below expected: a bug, or memory that ran out.
    try {
        return cli::run_app(arguments, look.json, signals.token());
    } catch (const std::bad_alloc&) {
        output.error({ErrorKind::no_memory, util::tr("there is not enough memory")});
    } catch (const std::exception& error) {
        output.error({ErrorKind::failure,
                      util::message(util::tr("an unexpected fault, please report it: {}"),
                                    util::printable(error.what()))});
    }
    return cli::ExitCode::failed;
}

} // namespace

int main(int count, char** words) {
    return static_cast<int>(run({words, static_cast<std::size_t>(count)}));
}
