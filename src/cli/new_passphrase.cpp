// SPDX-License-Identifier: Apache-2.0
#include "cli/new_passphrase.hpp"

#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "util/text.hpp"

#include <cstdio>
#include <optional>

#include <fmt/format.h>

namespace saoluu::cli {
namespace {
using util::message;
using util::tr;

constexpr int kMostAttempts = 5;
constexpr std::size_t kColumns = 79;

void say(std::string_view text) {
    fmt::print(stderr, "{}\n", wrapped(text, kColumns));
}

/// Whether the same was typed again. What was typed comes in any form: both are compared in NFC.
Result<bool> is_typed_again(const Passphrase& passphrase, std::stop_token stop) {
    const auto line = TRY(ask_hidden(tr("Type it again: "), std::move(stop)));
    const auto again = Passphrase::from_text(line->view());
    return again.has_value() && again->reveal() == passphrase.reveal();
}

Result<Passphrase> generated(std::stop_token stop) {
    Passphrase passphrase = Passphrase::generate();
    say(tr("This passphrase was made for you. Write it down on paper now: it is shown only once."));
    fmt::print(stderr, "\n    {}\n\n", passphrase.reveal());
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
        if (TRY(is_typed_again(passphrase, stop))) {
            say(tr(
                "Right. Close this window or clear the screen before someone else looks at it."));
            return passphrase;
        }
        say(tr("That is not the same. Read it from your paper, with hyphens and all."));
    }
    return fail(ErrorKind::usage, tr("the passphrase was not typed back; nothing was made"));
}

/// A good passphrase that was typed twice; nullopt: to be asked again.
Result<std::optional<Passphrase>> chosen(const std::string& question, std::stop_token stop) {
    const auto line = TRY(ask_hidden(question + ": ", stop));
    if (line->view().empty()) {
        auto passphrase = TRY(generated(std::move(stop)));
        return std::optional<Passphrase>(std::move(passphrase));
    }
    auto passphrase = Passphrase::from_text(line->view());
    if (!passphrase) {
        say(passphrase.error().message());
        return std::optional<Passphrase>();
    }
    const PassphraseVerdict verdict = judge_passphrase(passphrase->reveal());
    if (!verdict.good) {
        say(message(tr("This passphrase is too weak: {}."), verdict.reason));
        return std::optional<Passphrase>();
    }
    if (!verdict.advice.empty())
        say(verdict.advice);
    if (TRY(is_typed_again(*passphrase, std::move(stop))))
        return std::optional<Passphrase>(std::move(*passphrase));
    say(tr("The two are not the same."));
    return std::optional<Passphrase>();
}

} // namespace

Result<Passphrase> ask_new_passphrase(const std::string& question, std::stop_token stop) {
    if (!can_ask())
        return fail(ErrorKind::usage,
                    tr("there is no terminal to ask for a passphrase: name a file that holds it"));
    say(tr("At least 14 characters with lower-case and upper-case letters, digits and signs. What "
           "you type is not shown. Press Enter alone to have one made for you."));
    for (int attempt = 0; attempt < kMostAttempts; ++attempt)
        if (auto passphrase = TRY(chosen(question, stop)))
            return std::move(*passphrase);
    return fail(ErrorKind::usage, tr("no passphrase was chosen; nothing was made"));
}

Result<Passphrase> judged(Passphrase passphrase, Output& output) {
    const PassphraseVerdict verdict = judge_passphrase(passphrase.reveal());
    if (!verdict.good)
        return fail(ErrorKind::usage,
                    message(tr("the new passphrase is too weak: {}"), verdict.reason));
    if (!verdict.advice.empty())
        output.note(wrapped(verdict.advice, kColumns));
    return passphrase;
}

std::string advice_on_first_key() {
    return wrapped(
        tr("Keep the passphrase on paper, in a place that is not this computer. If it is lost, "
           "nobody can read these backups any more: not you, not the makers of this program, "
           "nobody. Have a second person hold an admin key too (saoluu key issue --role admin). "
           "The backup key lies on this computer and needs no passphrase: it adds backups and "
           "checks them, and can read none."),
        kColumns);
}

} // namespace saoluu::cli
