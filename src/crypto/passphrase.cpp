// SPDX-License-Identifier: Apache-2.0
#include "crypto/passphrase.hpp"

#include "crypto/units.hpp"
#include "util/text.hpp"

#include <sodium.h>

namespace saoluu::crypto {

Result<Key> key_of_passphrase(const SecretBytes& passphrase, const PassphraseSalt& salt,
                              const PassphraseCost& cost) {
    if (!cost.is_accepted())
        return fail(
            ErrorKind::unsupported,
            util::message(util::tr("a passphrase cost of {} KiB and {} passes is not accepted"),
                          cost.memory_kib, cost.passes));
    static_assert(crypto_pwhash_SALTBYTES == std::tuple_size_v<PassphraseSalt>);
    Key key;
    if (::crypto_pwhash(out_units(key.writable()), key.view().size(),
                        reinterpret_cast<const char*>(passphrase.view().data()), passphrase.size(),
                        units(salt), cost.passes, std::size_t{cost.memory_kib} * 1024,
                        crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(
            ErrorKind::no_memory,
            util::message(
                util::tr("turning the passphrase into a key needs {} MiB of memory, which this "
                         "machine does not have free: close other programs, or use a key file"),
                cost.memory_kib / 1024));
    return key;
}

} // namespace saoluu::crypto
