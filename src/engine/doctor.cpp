// SPDX-License-Identifier: Apache-2.0
#include "saoluu/doctor.hpp"

#include "engine/doctor_run.hpp"
#include "util/text.hpp"

namespace saoluu {

Result<void> doctor(const DoctorOptions& options, const std::function<void(const Verdict&)>& each,
                    std::stop_token stop) {
    const util::Clock& clock = util::system_clock();
    const auto interrupted = [&] {
        return fail(ErrorKind::interrupted, util::tr("stopped before all was looked at"));
    };
    engine::look_at_machine(options, clock, each);
    if (!options.key_file.empty())
        engine::look_at_key_file(options.key_file, each);
    for (const DoctorPlace& place : options.places) {
        if (stop.stop_requested())
            return interrupted();
        engine::look_at_store(options, place, clock, each);
    }
    if (stop.stop_requested())
        return interrupted();
    return {};
}

} // namespace saoluu
