// crm_mon: a saved CIB as the crm_mon of any release would print it.
#include <cstdio>
#include <ctime>

#include <fmt/core.h>

#include "reports/crm_mon.h"
#include "tools/simcluster/command.h"
#include "tools/simcluster/options.h"
#include "tools/simcluster/replay_input.h"
#include "tools/simcluster/results.h"

namespace simcluster::tools {

namespace {

struct CrmMonArguments {
  reports::CrmMonOptions options;
  std::string pacemaker = "3.0.2";
  std::optional<std::uint64_t> now;
  std::string format = "text";
  std::vector<std::string> files;
  std::vector<std::string> named;  // without an option
};

void declare(OptionTable& table, CrmMonArguments& given) {
  for (const reports::CrmMonOptionName& option : reports::crm_mon_options())
    table.flag(option.declaration, option.help, given.options.*option.flag);
  table.text("pacemaker", "VERSION", "print as this release does, 3.0.2 when absent", given.pacemaker);
  table.number("now", "SECONDS", "since 1970: the time of the screen; the present when absent", given.now);
  table.text("output-as", "FORMAT", "text, json (docs/json.md) or xml, crm_mon's own", given.format);
  table.texts("xml-file,x", "FILE", "the saved CIB, as the original names it", given.files);
  table.rest("FILE", false, given.named);
  table.epilogue(
      "Times are in UTC. FILE is a cib.xml or a pe-input file, plain or compressed, or\n"
      "- for standard input.\n\n"
      "Examples:\n"
      "  simcluster crm_mon -rfA pe-input-17.bz2\n"
      "  simcluster crm_mon --pacemaker 1.1.14 -1Af cib.xml\n");
}

}  // namespace

int crm_mon_command(const Arguments& arguments) {
  OptionTable table("crm_mon [OPTION...] FILE", "Prints the status in a saved CIB as crm_mon does.");
  CrmMonArguments given;
  declare(table, given);
  const auto parsed = table.parse(arguments);
  if (!parsed) return usage_error("crm_mon", parsed.error());
  if (!*parsed) return kAsExpected;
  given.files.insert(given.files.end(), given.named.begin(), given.named.end());
  if (given.files.size() != 1) return usage_error("crm_mon", {"one FILE is expected", {}});
  StackVersions versions;
  versions.pacemaker = given.pacemaker;
  const auto profile = make_profile(versions);
  if (!profile) return usage_error("crm_mon", profile.error());
  if (given.format == "xml") {
    given.format = "text";
    given.options.xml = true;
    given.options.request = "crm_mon --output-as=xml";
  }
  const auto json = wants_json(given.format);
  if (!json) return usage_error("crm_mon", json.error());
  const std::string file = given.files.front() == "-" ? "" : given.files.front();
  const Input input = *json ? read_input("simcluster", file) : read_input_as_is("simcluster", file);
  std::fputs(input.error.c_str(), stderr);
  if (!input.document) return kUnusable;
  const std::int64_t now = given.now ? static_cast<std::int64_t>(*given.now) : std::time(nullptr);
  const std::string text = *json ? crm_mon_results(*input.document, given.options, now)
                                 : reports::crm_mon_text(*input.document, given.options,
                                                         {Time{} + seconds(now), *profile, std::string_view()});
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kAsExpected;
}

}  // namespace simcluster::tools
