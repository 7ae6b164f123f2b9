#include "engine/cib/upgrade.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "engine/cib/upgrade_steps.h"
#include "engine/cib/validate.h"
#include "engine/cib/values.h"

namespace simcluster::cib {
namespace {

constexpr std::array<std::string_view, 26> kVersions = {"1.0", "1.2", "1.3", "2.0", "2.1",  "2.2", "2.3",  "2.4", "2.5",
                                                        "2.6", "2.7", "2.8", "2.9", "2.10", "3.0", "3.1",  "3.2", "3.3",
                                                        "3.4", "3.5", "3.6", "3.7", "3.8",  "3.9", "3.10", "4.0"};

UpgradeResult failed(UpgradeOutcome outcome, std::vector<Error> errors, std::string summary) {
  UpgradeResult result;
  result.outcome = outcome;
  result.errors = std::move(errors);
  result.summary = std::move(summary);
  return result;
}

}  // namespace

bool is_known_schema(std::string_view name) {
  if (name == "none") return true;
  return name.starts_with("pacemaker-") &&
         std::find(kVersions.begin(), kVersions.end(), name.substr(10)) != kVersions.end();
}

UpgradeResult upgrade(Document& document) {
  const Element root = std::as_const(document).root();
  const std::string declared(root.value(names::kValidateWith));
  if (!root.is(names::kCib) || !is_known_schema(declared)) {
    const std::string problem = !root.is(names::kCib) ? "the root element is not <cib>"
                                : declared.empty()    ? "element <cib>: the attribute \"validate-with\" is missing"
                                                      : fmt::format(
                                                            "element <cib>: validate-with is \"{}\", expected "
                                                               "pacemaker-1.0 to {} or none",
                                                            declared, kNewestSchema);
    const SourcePlace place = root ? root.place() : SourcePlace{document.file_name(), 0, 0};
    return failed(UpgradeOutcome::kUnknownSchema, {{problem, place}}, {});
  }
  if (declared == "none") return {};
  const Schema schema = declared_schema(document);
  const bool to_3_0 = schema == Schema::kBefore3 && needs_conversion_to_3_0(document);
  std::vector<Error> errors = validate(document, schema);
  if (errors.empty() && to_3_0) errors = validate(document, Schema::k2);
  if (!errors.empty()) {
    const std::string summary = schema == Schema::k4
                                    ? std::string()
                                    : fmt::format(
                                          "Cannot upgrade configuration (claiming {0} schema) to at least {1} because "
                                          "it does not validate with any schema from {0} to the latest",
                                          declared, kNewestSchema);
    return failed(UpgradeOutcome::kInvalid, std::move(errors), summary);
  }
  if (schema == Schema::k4) return {};

  Document changed = document;
  UpgradeResult result;
  result.changed = true;
  if (compare_versions(declared.substr(10), "1.3") <= 0 && needs_acl_conversion(changed)) convert_acls(changed);
  if (to_3_0) convert_to_3_0(changed);
  if (has_names_gone_in_4_0(changed) || !validate(changed, Schema::k4, 1).empty()) convert_to_4_0(changed);
  changed.root().set_attribute(names::kValidateWith, kNewestSchema);
  errors = validate(changed, Schema::k4);
  if (!errors.empty()) {
    const std::string_view past = schema == Schema::kBefore3 && !validate(changed, Schema::kBefore4, 1).empty()
                                      ? "pacemaker-2.10"
                                      : "pacemaker-3.10";
    return failed(UpgradeOutcome::kStuck, std::move(errors),
                  fmt::format("Cannot upgrade configuration (claiming {} schema) to at least {} because it would not "
                              "upgrade past {}",
                              declared, kNewestSchema, past));
  }
  document = std::move(changed);
  return result;
}

}  // namespace simcluster::cib
