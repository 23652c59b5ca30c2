// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"
#include "store/waiting.hpp"

#include "saoluu/reach.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace saoluu::store {

/// How a store that fails is tried again.
struct RetryPolicy {
    /// From the first failure of an operation on; zero: nothing is tried again. A try that began
    /// within it is waited for.
    std::chrono::milliseconds patience{300'000};
    /// The n-th pause is a random part of first_pause * 2^n, or of longest_pause if that is
    /// shorter: many machines that lost the same store do not come back to it at the same time.
    std::chrono::milliseconds first_pause{250};
    std::chrono::milliseconds longest_pause{30'000};
    std::string spool_folder = {}; ///< as Reach has it
    std::stop_token stop = {};     ///< ends a pause at once: ErrorKind::interrupted
    /// As Reach has it.
    std::function<void(const Error& error, std::chrono::milliseconds pause)> on_wait = {};
};

RetryPolicy retry_policy(const Reach& reach);

/// Random numbers of [0, 1), to any thread.
using Chance = std::function<double()>;
Chance system_chance();

/// A store that tries again what failed and may be tried again: Error::may_retry(), and what the
/// kernel says of a mount whose server is away. A denial, a full disk, what is not there is final.
///
/// The outcome of a put whose answer got lost is found out: where a later try says that the object
/// is there, it is read and compared; it is ours (`created`) if it has our bytes. No answer never
/// counts as success. A listing that breaks off goes on after the last name it showed; each name is
/// shown once. An object shorter than asked is asked for again twice before it counts as damaged.
///
/// waiting: must outlive it
std::unique_ptr<Store> make_retrying(std::unique_ptr<Store> base, RetryPolicy policy,
                                     Waiting& waiting = system_waiting(),
                                     Chance chance = system_chance());

/// The same for a store that takes a connection to open, which may be tried again too.
/// errors: the one to give up with
Result<std::unique_ptr<Store>>
open_retrying(const std::function<Result<std::unique_ptr<Store>>()>& open, RetryPolicy policy,
              Waiting& waiting = system_waiting(), Chance chance = system_chance());

} // namespace saoluu::store
