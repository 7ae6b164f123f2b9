// One replica of the CIB: the document, its versions, and the changes that requests make (CM F.1, F.2). Knows nothing
// of other nodes. The same requests in the same order give the same document everywhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/time.h"
#include "engine/cib/document.h"
#include "engine/cib/patch.h"
#include "engine/controller/cib_request.h"
#include "engine/controller/messages.h"

namespace simcluster::controller {

// "0.7.3"
std::string version_text(const Generation& generation);

// A replacement was refused since it is older than what is here.
bool is_old_data(const Error& error);
// A change was refused since the document would have been larger than its limit.
bool is_too_large(const Error& error);
// The sentence for that.
std::string too_large(std::size_t limit);

class CibStore {
 public:
  // `feature_set`: of this node's release; empty: not looked at (CM-6.5).
  explicit CibStore(std::string feature_set = {});

  // A change that would make the document larger than so many bytes (Document::content_bytes) is refused; 0: there is
  // no limit. Replicas must have the same, or they differ until one takes the document of another (replace(), which
  // takes what others have agreed on).
  void limit(std::size_t bytes) { limit_ = bytes; }

  // Takes over a CIB text; the status section is emptied (CM-6.13). An error leaves the store as it was.
  Result<void> load(std::string_view xml, std::string_view file_name);

  // Applies a request (CM-6.3 to 6.5). An error leaves the document as it was. `diff`, where given, is set to what has
  // changed in format 1 (cib_diff.h), empty when nothing has.
  Result<CibUpdate> apply(const CibRequest& request, Time now, std::string* diff = nullptr);
  // The same with what another node made of a request (cib_diff.h). `update` is set when the outcome is kApplied.
  cib::PatchResult apply_diff(std::string_view diff, CibUpdate& update);
  // Replaces everything by another node's document, an older one only where the caller knows why (CM-6.10).
  enum class Older : std::uint8_t { kRefuse, kTake };
  Result<CibUpdate> replace(std::string_view xml, std::string_view origin, Older older = Older::kRefuse);

  const cib::Document& document() const { return document_; }
  Generation generation() const;
  // Grows with everything that may have changed the document.
  std::uint64_t changes() const { return changes_; }
  // Sections `configuration` and `status`.
  cib::Element configuration() const { return document_.root().first_child("configuration"); }
  cib::Element status() const { return document_.root().first_child("status"); }

 private:
  Result<CibUpdate> change(const CibRequest& request, Time now);
  Result<void> apply_step(const CibStep& entry, CibUpdate& update);
  Result<void> replace_step(const CibStep& entry, const cib::Element& given, CibUpdate& update);
  Result<void> apply_patch(const cib::Document& patch, CibUpdate& update);
  void erase(CibUpdate& update);
  Result<void> check_result(const Generation& before, std::string_view feature_set_before, const CibUpdate& update);
  Result<void> check_size(std::size_t before) const;
  void compact_when_grown();
  void bump_versions(const CibRequest& request, const CibUpdate& update, Time now);

  std::string feature_set_;
  cib::Document document_;
  std::uint64_t changes_ = 0;
  std::size_t limit_ = 0;
  std::size_t compact_bytes_ = 0;  // memory after the last compaction
};

}  // namespace simcluster::controller
