#include "tools/clusterd/unsupported.h"

#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace simcluster::clusterd {
namespace {

// Each with its line, a line each.
std::string told(std::string_view configuration) {
  const auto cib =
      cib::parse_document(fmt::format("<cib><configuration>\n{}\n</configuration></cib>", configuration), "c");
  if (!cib) return cib.error().text();
  std::string text;
  for (const Error& error : unsupported_in(*cib)) text += fmt::format("{}: {}\n", error.place.line, error.message);
  return text;
}

TEST(Unsupported, NothingToSayOfWhatIsRun) {
  EXPECT_EQ(told("<resources><group id='g'><primitive id='a' class='ocf' provider='pacemaker' type='Dummy'/>\n"
                 "<primitive id='b' class='systemd' type='x'/></group></resources>\n"
                 "<alerts/><acls><acl_role id='r'/></acls>"),
            "");
  EXPECT_EQ(told(""), "");
}

TEST(Unsupported, ResourcesWithTheirLines) {
  EXPECT_EQ(told("<resources><bundle id='httpd'><docker image='i'/>\n"
                 "<primitive id='web' class='ocf' provider='heartbeat' type='apache'/></bundle>\n"
                 "<primitive id='far' class='ocf' provider='pacemaker' type='remote'/>\n"
                 "<clone id='c'><primitive id='up' class='upstart' type='x'/></clone>\n"
                 "<template id='n' class='nagios' type='check_tcp'/>\n"
                 "<primitive id='vm' class='ocf' provider='heartbeat' type='VirtualDomain'><meta_attributes id='m'>"
                 "<nvpair id='p' name='remote-node' value='guest'/></meta_attributes></primitive></resources>"),
            "2: bundle httpd: clusterd cannot manage what runs in containers\n"
            "4: primitive far: clusterd has no remote nodes\n"
            "5: primitive up: clusterd does not run agents of class upstart (expected ocf, systemd, lsb, service or "
            "stonith)\n"
            "6: template n: clusterd does not run agents of class nagios (expected ocf, systemd, lsb, service or "
            "stonith)\n"
            "7: primitive vm: clusterd has no guest nodes (remote-node)\n");
}

TEST(Unsupported, AlertsAndAcls) {
  EXPECT_EQ(told("<crm_config><cluster_property_set id='o'><nvpair id='e' name='enable-acl' value='true'/>"
                 "</cluster_property_set></crm_config><resources/>\n"
                 "<alerts><alert id='mail' path='/usr/bin/mail'/></alerts>"),
            "3: alert mail: clusterd calls no alert agents\n"
            "1: enable-acl: clusterd knows no ACLs; only root and hacluster may use it while that is on\n");
}

}  // namespace
}  // namespace simcluster::clusterd
