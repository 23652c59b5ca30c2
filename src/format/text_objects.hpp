// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/keypair.hpp"
#include "format/types.hpp"

#include "saoluu/reach.hpp"

#include <map>
#include <string>

namespace saoluu::format {

/// `format`: what a repository is, and the root of its trust (FORMAT.md, section 4).
struct FormatObject {
    RepositoryId repository;
    Hash random;
    crypto::SignPublic founder_sign;
    crypto::SealPublic founder_seal;

    /// A new repository's, of these founder's keys.
    static FormatObject make(const Hash& random, const crypto::SignPublic& sign,
                             const crypto::SealPublic& seal);
    [[nodiscard]] std::string encode() const;
    /// errors: corrupt; unsupported for a newer version; also checks that the id is the hash it
    /// must be
    static Result<FormatObject> decode(BytesView bytes);
};

/// `place`: this copy of the repository, and what its store was found to do.
struct PlaceObject {
    RepositoryId repository;
    PlaceId place;
    std::map<std::string, std::string> facts; ///< "created", "exclusive-create", "lock-days", …

    [[nodiscard]] bool exclusive_create() const;
    /// What the store is asked to promise of every object: "lock-days" and "lock-mode".
    [[nodiscard]] Retention retention() const;
    [[nodiscard]] std::string encode() const;
    static Result<PlaceObject> decode(BytesView bytes);
};

/// The place that a new copy of a repository gets. facts: what its store was found to do
PlaceObject new_place(const RepositoryId& repository, std::map<std::string, std::string> facts,
                      const Retention& retention, Time now);

/// A key file: what an actor without a passphrase keeps. Wiped when it goes.
struct KeyFile {
    RepositoryId repository;
    SlotId slot;
    crypto::Key sign_seed;
    crypto::Key seal_secret;

    [[nodiscard]] crypto::SecretBytes encode() const;
    /// errors: wrong_key if these bytes are no key file or are damaged; unsupported for a newer
    /// version
    static Result<KeyFile> decode(BytesView bytes);
};

/// Text for a person, with the check line behind it.
std::string encode_readme(std::string_view text);
/// Verifies the check line of any text object; returns what stands before it.
Result<std::string_view> text_without_check(BytesView bytes);

} // namespace saoluu::format
