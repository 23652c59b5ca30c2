// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/http.hpp"
#include "store/s3_answers.hpp"
#include "store/s3_settings.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <string_view>

namespace saoluu::store {

/// The code that a refusal gives ("NoSuchKey"), empty where it gives none.
std::string s3_code(const HttpAnswer& answer);

/// What an answer that is not good means to a person, and whether trying again may help.
/// what: the object or bucket that was asked for; now: by the clock that signed
Error s3_error(const HttpAnswer& answer, std::string_view what, const S3Settings& settings,
               std::int64_t now);

} // namespace saoluu::store
