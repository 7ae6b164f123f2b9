// Versions of the CIB, and differences between two versions as `diff` documents of format 2 (CM F.1, F.3).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/error.h"
#include "engine/cib/document.h"

namespace simcluster::cib {

// CM-6.2: compared from left to right.
struct CibVersion {
  std::int64_t admin_epoch = 0;
  std::int64_t epoch = 0;
  std::int64_t num_updates = 0;

  auto operator<=>(const CibVersion&) const = default;
  // "0.7.3"
  std::string text() const;
};

// What is missing or unreadable counts as `missing`: 0 when comparing documents, -1 in the join comparison.
CibVersion version_of(const Element& cib, std::int64_t missing = 0);
void set_version(MutableElement cib, const CibVersion& version);

// What a modifying request changed (CM-6.3).
enum class ChangeExtent : std::uint8_t { kNothing, kStatusOnly, kConfiguration };
// Compares without looking at the version and the last-written attributes of the root.
ChangeExtent extent_of_change(const Document& before, const Document& after);
// The version that follows `before` after such a change: epoch + 1 and num_updates 0, or num_updates + 1.
CibVersion next_version(const CibVersion& before, ChangeExtent extent);

// The difference as a `diff` document with the versions of both and the digest of `after`; nothing when the documents
// are alike (comments do not count). Elements are recognised by name and id.
std::optional<Document> create_patch(const Document& before, const Document& after);
// The same for the documents below their roots, without versions and digest: it fits whatever the version is, as long
// as its paths lead somewhere.
std::optional<Document> create_patch_without_version(const Document& before, const Document& after);

enum class PatchOutcome : std::uint8_t {
  kApplied,
  kOldData,    // the document is newer than what the patch starts from: ignore the patch
  kNeedsSync,  // the document is older, or the patch does not fit: ask for the whole document
  kMalformed,  // not a patch
};
struct PatchResult {
  PatchOutcome outcome = PatchOutcome::kMalformed;
  std::string reason;  // one sentence, empty when applied
};
// The document is unchanged unless the outcome is kApplied. Versions (where the patch has them) must match exactly,
// every path must lead to an element, and the digest (where the patch has one) must be right afterwards.
PatchResult apply_patch(Document& document, const Document& patch);
// The same without undoing anything: what is left when the outcome is another is the caller's to take back.
PatchResult apply_patch_noting(Document& document, const Document& patch);

// The element at "/cib/status/node_state[@id='1']": the first that fits at every step; none when there is none.
MutableElement element_at(Document& document, std::string_view path);

}  // namespace simcluster::cib
