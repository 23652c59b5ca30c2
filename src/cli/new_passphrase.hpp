// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/output.hpp"

#include "saoluu/passphrase.hpp"
#include "saoluu/result.hpp"

#include <stop_token>
#include <string>

namespace saoluu::cli {

/// Asks on the terminal for a new passphrase until a good one was typed twice; an empty line makes
/// one, which is shown once and typed back.
/// question: whose it is, for example "Passphrase for the repository"
/// errors: interrupted; usage if it was not repeated rightly, or nobody can be asked
Result<Passphrase> ask_new_passphrase(const std::string& question, std::stop_token stop);

/// Lets a passphrase that came from a file or the environment pass, or says what is wrong with it.
/// errors: usage
Result<Passphrase> judged(Passphrase passphrase, Output& output);

/// What the holder of a repository's first passphrase must know, as lines of text.
std::string advice_on_first_key();

} // namespace saoluu::cli
