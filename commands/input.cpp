#include "commands/input.h"

#include <array>
#include <utility>

#include <fmt/core.h>

#include "commands/exit_status.h"
#include "engine/cib/compressed_input.h"
#include "engine/cib/digest.h"
#include "engine/cib/values.h"

namespace simcluster::commands {

Result<Input> read_input_text(std::string_view xml, std::string_view name) {
  auto document = cib::parse_document(xml, name);
  if (!document) return tl::unexpected(document.error());
  return Input{std::move(*document)};
}

Result<Input> read_input_file(const Surroundings& surroundings, const std::string& file) {
  auto bytes = surroundings.read(file);
  if (!bytes) return tl::unexpected(bytes.error());
  const std::string name = file.empty() ? "standard input" : file;
  if (const auto compression = cib::compression_by_name(file); compression != cib::Compression::kNone) {
    bytes = cib::decompress(*bytes, compression, name);
    if (!bytes) return tl::unexpected(bytes.error());
  }
  return read_input_text(*bytes, name);
}

std::string numbered_lines(std::string_view text) {
  std::string out;
  for (int line = 1;; ++line) {
    const auto end = text.find('\n');
    out += fmt::format("{:4} {}\n", line, text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

CibError connection_error(Connection connection) {
  if (connection == Connection::kNoFile) return CibError::kNoSuchObject;
  return connection == Connection::kInvalid ? CibError::kSchema : CibError::kNone;
}

std::string_view connection_text(Connection connection) {
  if (connection == Connection::kNone) return "Transport endpoint is not connected";
  return error_text(connection_error(connection));
}

int status_without_cib(Connection connection) {
  return connection == Connection::kNone ? exit_status::kDisconnected : exit_status_of(connection_error(connection));
}

Outcome version_of_tool(const Surroundings& surroundings) {
  Outcome outcome;
  outcome.output =
      fmt::format("Pacemaker {}\nsimcluster {}\n", surroundings.profile.versions.pacemaker, SIMCLUSTER_VERSION);
  return outcome;
}

std::string newest_schema(const Profile& profile) {
  // By the feature set that came with it.
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSchemas = {{
      {"3.20.0", "pacemaker-4.0"},
      {"3.18.0", "pacemaker-3.10"},
      {"3.16.0", "pacemaker-3.9"},
      {"3.7.0", "pacemaker-3.5"},
      {"3.0.10", "pacemaker-2.5"},
      {"", "pacemaker-1.2"},
  }};
  for (const auto& [feature_set, schema] : kSchemas)
    if (cib::compare_versions(crm_feature_set(profile), feature_set) >= 0) return std::string(schema);
  return {};
}

namespace {

// On one line, with the comments.
std::string on_one_line(const cib::Element& root, const Profile& profile) {
  const std::string lines = xml_text(root, profile);
  std::string line;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const auto next = lines[at] == '\n' ? lines.find_first_not_of(' ', at + 1) : at;
    if (next == std::string::npos) break;
    if (next != at && lines[next] == '<') at = next;
    line += lines[at];
  }
  return line;
}

}  // namespace

std::string xml_text(const cib::Element& element, const Profile& profile, int depth) {
  std::string text = cib::write_element(element, depth);
  if (!says_old_words(profile) || text.find('\'') == std::string::npos) return text;
  std::string escaped;
  for (std::size_t at = 0; at < text.size(); ++at) {
    // Comments stay as they are.
    const auto comment = text.compare(at, 4, "<!--") == 0 ? text.find("-->", at) : std::string::npos;
    if (comment != std::string::npos) {
      escaped.append(text, at, comment - at);
      at = comment;
    }
    text[at] == '\'' ? escaped.append("&apos;") : escaped.append(1, text[at]);
  }
  return escaped;
}

bool says_old_words(const Profile& profile) { return cib::compare_versions(crm_feature_set(profile), "3.19") < 0; }

std::string file_digest(const cib::Element& root, const Profile& profile) {
  return cib::md5_hex(" " + on_one_line(root, profile) + "\n");
}

namespace {

// Who changed it last, and where in a program, does not count.
constexpr std::array<std::string_view, 5> kBookkeeping = {"cib-last-written", "update-origin", "update-client",
                                                          "update-user", "crm-debug-origin"};

}  // namespace

std::string versioned_digest(const cib::Element& root, const Profile& profile) {
  constexpr std::string_view kFirst = "3.0.5";  // the first feature set with digests of the second form
  if (cib::compare_versions(root.value("crm_feature_set"), kFirst) < 0) return file_digest(root, profile);
  cib::Document counted = root.document();
  const cib::Element all = std::as_const(counted).root();
  for (cib::Element at = all; at; at = at.next_in(all))
    for (const std::string_view name : kBookkeeping) counted.edit(at).remove_attribute(name);
  return cib::md5_hex(on_one_line(counted.root(), profile));
}

}  // namespace simcluster::commands
