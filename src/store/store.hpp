// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/source.hpp"
#include "util/bytes.hpp"

#include "saoluu/reach.hpp"
#include "saoluu/result.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::store {

struct ObjectInfo {
    std::string name;
    std::uint64_t size = 0;
};

/// `exists`: another object of this name was there; nothing was changed.
enum class Put { created, exists };

/// An object on its way into a store: grows, then is published whole under a name, or not at all.
/// Destroyed without commit() it leaves nothing that a listing shows.
class Staged {
public:
    virtual ~Staged() = default;
    /// After a failure every later append and the commit fail too.
    virtual Result<void> append(util::BytesView bytes) = 0;
    /// Durable when it returns: the bytes and the name. Nothing more can be done with it then,
    /// whatever came of it.
    virtual Result<Put> commit(std::string_view name) = 0;
};

/// How a store is best used, as it knows of itself.
struct Nature {
    /// Each request takes a round trip of a network, and uploads are made of a Source.
    bool is_remote = false;
    /// A listing comes in pages of objects of any name, and each is a request.
    bool lists_in_pages = false;
    /// So many at once it serves well; 1: whoever works with it has threads enough.
    unsigned requests_at_once = 1;
    /// False: it looks whether a name is there before it puts, and two may look at once.
    bool creates_exclusively = true;
};

/// What was found out about a store when its place was made, and is kept there.
struct Ways {
    bool exclusive_create = true;
    Retention retention = {};
};

/// What a store was found to do, by trying: a name and a word each, as `place` keeps them
/// (FORMAT.md, section 4).
using Facts = std::map<std::string, std::string>;

/// A place that keeps named objects: created whole, once; never changed (FORMAT.md, section 3).
/// Names are relative, with `/` between parts (check_name). All functions may be called by several
/// threads at once; a Staged by one at a time.
/// errors of all: io (may_retry() where trying the same again may help), denied, no_space,
/// not_found, corrupt (an object shorter than asked), usage (a
///                name that can't be one); the name is in the message
class Store {
public:
    virtual ~Store() = default;

    /// Create-only: of several writers of one name exactly one gets `created`, where the store has
    /// exclusive creation. Never visible half-written; durable when it returns.
    virtual Result<Put> put(std::string_view name, util::BytesView bytes) = 0;

    /// The same for an object that is made piece by piece and whose name may be known only at its
    /// end.
    virtual Result<std::unique_ptr<Staged>> stage() = 0;

    /// The same of bytes that lie elsewhere. Natural for remote stores, which read them once a try.
    virtual Result<Put> put_from(std::string_view name, const Source& source);

    /// A whole object.
    /// errors: not_found; corrupt if it is larger than `most`
    virtual Result<util::Bytes> get(std::string_view name, std::uint64_t most) = 0;

    /// Exactly out.size() bytes from `offset` on.
    /// errors: not_found; corrupt if the object ends before
    virtual Result<void> read(std::string_view name, std::uint64_t offset,
                              std::span<std::byte> out) = 0;

    /// Calls `each` for the objects whose name begins with `prefix` and is greater than `after`,
    /// ascending by name as bytes, until it returns false. Shows every put that was acknowledged
    /// before the call. Never shows tmp/.
    virtual Result<void> list(std::string_view prefix, std::string_view after,
                              const std::function<bool(const ObjectInfo&)>& each) = 0;

    /// errors: not_found
    virtual Result<ObjectInfo> stat(std::string_view name) = 0;

    /// Until when the store lets nobody remove an object as it is now, in seconds since 1970; none:
    /// nothing holds it, or this kind of store holds nothing. What is over may be told.
    /// errors: not_found; denied where this account may not see it
    virtual Result<std::optional<std::int64_t>> retained_until(std::string_view name);

    /// Only sweeps and index compaction remove anything. Not there is success.
    virtual Result<void> remove(std::string_view name) = 0;

    /// Says that a range will be read soon, by this thread or another: whoever can fetches it
    /// meanwhile. Only a hint.
    virtual void will_read(std::string_view name, std::uint64_t offset, std::uint64_t size);

    [[nodiscard]] virtual Nature nature() const { return {}; }
    /// Keeps to what `place` says from now on; before anything is put, or by the probe.
    virtual void use(const Ways& ways);
    /// What this kind of store can be asked to do, found out by trying with throw-away objects
    /// under tmp/, some of which it may not let go again. Without exclusive creation, which
    /// probe() finds out for all.
    /// errors: where nothing can be found out at all
    virtual Result<Facts> find_out();

    /// For messages: a path or URL, without credentials.
    [[nodiscard]] virtual std::string describe() const = 0;

    /// The path of the folder on this machine that all objects lie in, byte by byte; empty if there
    /// is none.
    [[nodiscard]] virtual std::string local_folder() const { return {}; }
};

/// Whether `name` can be an object's: 1 to 1024 bytes in parts of 1 to 255 with `/` between them,
/// none of them `.` or `..`, no NUL.
/// errors: usage
Result<void> check_name(std::string_view name);

/// A listing as a vector, for prefixes that are known to be short.
Result<std::vector<ObjectInfo>> list_all(Store& store, std::string_view prefix);

/// Whether a listing shows the object now. Not the same as stat(): a store that hides an object
/// from listings may give it to whoever names it.
Result<bool> is_listed(Store& store, std::string_view name);

} // namespace saoluu::store
