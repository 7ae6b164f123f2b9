// The cluster's tools on a file: what surrounds them, and what becomes of their wishes.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <fmt/core.h>
#include <unistd.h>

#include "commands/exit_status.h"
#include "commands/input.h"
#include "commands/tool.h"
#include "engine/cib/upgrade.h"
#include "engine/cib/validate.h"
#include "reports/atomic_file.h"
#include "tools/simcluster/command.h"
#include "tools/simcluster/options.h"
#include "tools/simcluster/replay_input.h"

namespace simcluster::tools {

namespace {

constexpr std::string_view kPacemaker = "3.0.2";
constexpr std::string_view kRelease = "--pacemaker";

void complain(const std::string& text) { std::fputs(text.c_str(), stderr); }

// The CIB that CIB_file names, ready to be asked and changed.
commands::Connection connect(const commands::Surroundings& surroundings, cib::Document& cib) {
  const char* file = std::getenv("CIB_file");
  if (file == nullptr || *file == '\0') return commands::Connection::kNone;
  if (!surroundings.read(file)) return commands::Connection::kNoFile;
  auto input = commands::read_input_file(surroundings, file);
  if (!input) {
    complain(input.error().text() + "\n");
    return commands::Connection::kInvalid;
  }
  cib = std::move(input->document);
  cib::MutableElement root = cib.root();
  if (root.is("cib") && !root.has("validate-with")) root.set_attribute("validate-with", "none");
  const std::string_view schema = root.value("validate-with");
  if (schema == "none" && root.is("cib")) return commands::Connection::kOpen;
  if (!cib::is_known_schema(schema) || !root.is("cib")) return commands::Connection::kInvalid;
  const auto errors = cib::validate(cib, cib::declared_schema(cib));
  for (const Error& error : errors) complain(error.text() + "\n");
  return errors.empty() ? commands::Connection::kOpen : commands::Connection::kInvalid;
}

int write_files(const commands::Outcome& outcome) {
  for (const auto& [file, text] : outcome.files) {
    const auto written = reports::write_file_atomically(file, text);
    if (written) continue;
    complain(written.error().text() + "\n");
    return exit_status::kCannotWrite;
  }
  return exit_status::kOk;
}

}  // namespace

int cluster_tool(std::string_view name, const Arguments& arguments) {
  Arguments rest = arguments;
  StackVersions versions;
  versions.pacemaker = kPacemaker;
  if (rest.size() > 1 && rest.front() == kRelease) {
    versions.pacemaker = rest[1];
    rest.erase(rest.begin(), rest.begin() + 2);
  }
  const auto profile = make_profile(versions);
  if (!profile) return usage_error(name, profile.error());
  commands::Surroundings surroundings;
  surroundings.profile = *profile;
  surroundings.now = std::time(nullptr);
  surroundings.read = read_bytes;
  std::array<char, 256> host = {};
  if (gethostname(host.data(), host.size() - 1) == 0) surroundings.host_name = host.data();
  cib::Document cib;
  surroundings.connection = connect(surroundings, cib);
  if (surroundings.connection == commands::Connection::kOpen) surroundings.cib = &cib;
  if (const char* file = std::getenv("CIB_file")) surroundings.cib_file = file;
  commands::Outcome outcome = commands::find_tool(name)->run(rest, surroundings);
  if (outcome.write != commands::Outcome::Write::kNothing)
    outcome.files.emplace_back(surroundings.cib_file, commands::xml_text(outcome.cib.root(), *profile));
  if (const int failed = write_files(outcome); failed != exit_status::kOk) return failed;
  std::fwrite(outcome.output.data(), 1, outcome.output.size(), stdout);
  std::fflush(stdout);
  complain(outcome.error);
  return outcome.status;
}

}  // namespace simcluster::tools
