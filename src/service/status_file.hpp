// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"
#include "saoluu/service_status.hpp"

#include <string>

namespace saoluu::service {

/// The status as a JSON object on several lines: for monitoring, and for people who look. Times are
/// UTC, "2026-11-28T07:30:00Z"; what is not known is null.
std::string status_json(const ServiceStatus& status);

/// The same in the text format of Prometheus, version 0.0.4, for node_exporter's textfile
/// collector.
std::string prometheus_text(const ServiceStatus& status);

/// Puts such a text in the place of the last one, whole, to be read by everyone (0644).
/// errors: denied, not_found (no such folder), no_space, io
Result<void> publish(const std::string& path, const std::string& text);

} // namespace saoluu::service
