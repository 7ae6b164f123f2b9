// Texts as people write them: what crmsh 4.4 made of each stands behind it (testdata/crmsh_4.4/README.md).
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/cib/crm_shell.h"
#include "engine/cib/validate.h"

namespace simcluster::cib {
namespace {

struct Part {
  std::string name;  // "then update", "cib", "shown", "refused", ...; empty: the text that the case begins with
  std::string text;
};

struct Case {
  std::string title;
  std::vector<Part> parts;
};

std::vector<Case> cases_of(const std::filesystem::path& file) {
  std::vector<Case> cases;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("=== "))
      cases.push_back({line.substr(4), {{}}});
    else if (line.starts_with("--- "))
      cases.back().parts.push_back({line.substr(4), {}});
    else
      cases.back().parts.back().text += line + "\n";
  }
  return cases;
}

std::string sections_of(const Document& cib) {
  std::string text;
  for (const Element section : cib.root().first_child("configuration").children())
    if (section.first_child() || section.is("fencing-topology")) text += write_element(section);
  return text;
}

// What comes of all texts of a case, as the files have it.
std::string answer_to(const Case& each) {
  Document cib = empty_cib();
  cib.root().set_attribute("validate-with", "pacemaker-3.9");
  for (const Part& part : each.parts) {
    if (!part.name.empty() && !part.name.starts_with("then ")) continue;
    const CrmLoad method = part.name == "then replace" ? CrmLoad::kReplace : CrmLoad::kUpdate;
    if (const auto loaded = apply_crm_shell(cib, part.text, "text", method); !loaded)
      return "--- refused\n" + loaded.error().text() + "\n";
  }
  // cibadmin refuses what no schema allows.
  if (!validate(cib, Schema::kBefore4).empty()) return "--- refused\nno schema allows it\n";
  return "--- cib\n" + sections_of(cib) + "--- shown\n" + write_crm_shell(cib);
}

std::string recorded(const Case& each) {
  std::string text;
  for (const Part& part : each.parts)
    if (!part.name.empty() && !part.name.starts_with("then ")) text += "--- " + part.name + "\n" + part.text;
  return text;
}

// What is meant to be other than in crmsh, and why.
struct Deviation {
  std::string_view title;
  std::string_view reason;
};

constexpr std::string_view kNoValue = "a word without value is rather a mistake than a parameter";
constexpr std::string_view kSameText = "crmsh finds only what was there before the text";
constexpr std::string_view kTwice = "sets of options may be filled by several statements";
constexpr std::string_view kQuotes = "crmsh loses the quotes before it reads the words";
constexpr std::string_view kSchema = "the schema has these parts of dates and scores";
constexpr std::string_view kCrash = "crmsh stumbles";

constexpr std::array kDeviations = {
    Deviation{"a remark behind the backslash", "an extension (AT-7.1)"},
    Deviation{"two statements in a line", kNoValue},
    Deviation{"a clone of two", kNoValue},
    Deviation{"a name without value", kNoValue},
    Deviation{"a description before the agent", kNoValue},
    Deviation{"an unknown word between the parts", kNoValue},
    Deviation{"an unknown word behind the agent", kNoValue},
    Deviation{"properties without a value", kNoValue},
    Deviation{"a word behind the node", kNoValue},
    Deviation{"sets of another container", kSameText},
    Deviation{"a reference to another set", kSameText},
    Deviation{"a reference to the set of another resource", kSameText},
    Deviation{"operations of another resource", kSameText},
    Deviation{"operations of another resource by its name", kSameText},
    Deviation{"a rule of another constraint", kSameText},
    Deviation{"a rule of another constraint by its name", kSameText},
    Deviation{"defaults with a reference", kSameText},
    Deviation{"topology of all nodes", kSameText},
    Deviation{"properties in several statements", kTwice},
    Deviation{"defaults of resources", kTwice},
    Deviation{"defaults of operations", kTwice},
    Deviation{"properties with a rule and a score", "sets of options have scores (AT-7.2)"},
    Deviation{"defaults with a score", "sets of options have scores (AT-7.2)"},
    Deviation{"XML of options", "crmsh loses the score"},
    Deviation{"a bundle of podman without a resource", "crmsh 4.4 knows only docker (AT-7.2)"},
    Deviation{"a tag of what is not there", "our schemas check what ids refer to"},
    Deviation{"a node again without its id", "ids are those of the set that is there"},
    Deviation{"a node again with another id", "a node is known by its name"},
    Deviation{"comparisons with quoted values", kQuotes},
    Deviation{"quoted values in a rule", kQuotes},
    Deviation{"an empty value in a rule", kQuotes},
    Deviation{"topology of quoted values", kQuotes},
    Deviation{"all parts of a date", kSchema},
    Deviation{"minutes and seconds", kSchema},
    Deviation{"days of a duration", kSchema},
    Deviation{"a score of a set", kSchema},
    Deviation{"the description of an operation", "crmsh says it twice"},
    Deviation{"levels that stay", "they stand in the order of the text"},
    Deviation{"roles of attributes of resources", kCrash},
    Deviation{"a group of XML", kCrash},
    Deviation{"operations between sets", "crmsh makes two lists of operations"},
    Deviation{"intervals as people write them", "crmsh makes an id with a blank"},
    Deviation{"a value beyond ASCII", "crmsh writes what is no text"},
    Deviation{"characters that XML escapes", "crmsh makes blanks of a tab"},
};

bool is_meant(std::string_view title) {
  return std::any_of(kDeviations.begin(), kDeviations.end(), [&](const Deviation& d) { return d.title == title; });
}

TEST(CrmTexts, AsCrmshReadsThem) {
  std::size_t count = 0;
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(SIMCLUSTER_SOURCE_DIR "/engine/cib/testdata/crmsh_4.4/texts"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files)
    for (const Case& each : cases_of(file)) {
      ++count;
      const std::string expected = recorded(each);
      const std::string answer = answer_to(each);
      const bool refused = expected.starts_with("--- refused");
      const bool same = refused ? answer.starts_with("--- refused") : answer == expected;
      if (is_meant(each.title))
        EXPECT_FALSE(same) << file.filename() << ": " << each.title;
      else
        EXPECT_TRUE(same) << file.filename() << ": " << each.title << "\n" << expected << "\nbut\n" << answer;
    }
  EXPECT_GT(count, 300U);
}

}  // namespace
}  // namespace simcluster::cib
