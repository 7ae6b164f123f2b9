// A modifying request to the CIB, as it is sent to all replicas (CM-6.6, CM-6.8), and what it changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cib/document.h"

namespace simcluster::controller {

// One element on the way from the root: its name and, where several have that name, the attribute that tells it apart
// (empty: the first of that name).
struct CibPathStep {
  std::string element;
  std::string attribute;
  std::string value;
};
// Below the root element `cib`, which is not named.
using CibPath = std::vector<CibPathStep>;

CibPathStep step(std::string_view element);
CibPathStep step(std::string_view element, std::string_view id);

struct CibStep {
  enum class Kind : std::uint8_t {
    kMerge,       // the payload goes below the element at `path`, merged by name and id; what is missing is created
    kModify,      // the same, but nothing is created: missing elements are an error
    kCreate,      // the same, but the payload's own element must not exist
    kReplace,     // the payload takes the place of the element at `path`, or is added below its parent
    kDelete,      // the element at `path` goes; its absence is success (CM-6.6)
    kDeleteAll,   // every element that the last step of `path` fits
    kAttributes,  // the payload's attributes go to the element at `path`
    kBump,        // epoch + 1
    kErase,       // everything goes; admin_epoch + 1
    kPatch,       // the payload is a difference of format 2 (cib_apply_diff, CM-6.12)
  };
  static constexpr Kind kLast = Kind::kPatch;

  // What tools call it (CM-6.6).
  std::string_view operation() const;

  Kind kind = Kind::kMerge;
  CibPath path;
  std::string payload;  // one element as XML; empty for deletions
};

struct CibRequest {
  std::vector<CibStep> steps;  // all or none, one version for all (CM-6.8)
  std::string origin;          // node name
  std::string client;          // for update-client
  std::string user;

  CibRequest& merge(CibPath path, const cib::Element& payload);
  CibRequest& merge(CibPath path, std::string payload);
  CibRequest& set(CibStep::Kind kind, CibPath path, std::string payload);
  CibRequest& remove(CibPath path);
};

// What these daemons ask for: their clients have kept their old names, and run as hacluster (runs of 2.1.5; saved CIBs
// of 1.1.10 to 2.1.8).
CibRequest controller_request();
CibRequest attributes_request();

struct CibChange {
  enum class Kind : std::uint8_t { kCreate, kModify, kDelete };
  Kind kind = Kind::kModify;
  cib::Element element;  // created or modified; its parent for kDelete
  std::string name;      // of the deleted element
  std::string id;        // of the deleted element
  std::string path;      // "/cib/status/node_state[@id='1']/...", of the element itself
};

// What one request did to a replica.
struct CibUpdate {
  std::vector<CibChange> changes;
  bool configuration_changed = false;
  bool replaced = false;  // the whole document came from another node (CM-6.10)
  std::string origin;
  std::string client;
  std::string_view operation;  // "cib_modify", ...; empty where it is not known

  bool changed() const { return replaced || !changes.empty(); }
};

// Somebody has edited nodes or status by hand, with cibadmin or the crm shell, past those whose business they are
// (CM-9.10).
bool edited_by_hand(const CibUpdate& update);

std::vector<std::byte> encode(const CibRequest& request);
std::optional<CibRequest> decode_cib_request(std::span<const std::byte> bytes);

}  // namespace simcluster::controller
