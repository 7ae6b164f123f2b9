#include "sim/scenario/machine_screen.h"

#include <gtest/gtest.h>

namespace simcluster::sim {
namespace {

TEST(MachineScreen, KnowsItsCommands) {
  for (const char* command : {"ip addr show", "ip addr show eth1", "ip addr show dev eth1", "ip link show",
                              "ip route show", "ip neigh show", "ifconfig", "ifconfig bond0", "cat /proc/net/dev",
                              "crm ra info IPaddr2", "VBoxManage list vms", "VBoxManage list runningvms"})
    EXPECT_TRUE(is_machine_screen(command)) << command;
  for (const char* command :
       {"ip", "ip addr", "ip addr showeth1", "ip addr show eth1 up", "ip route show eth1", "ifconfigs", "crm ra info",
        "crm ra list", "VBoxManage list", "VBoxManage list hosts", "crm_mon -1", ""})
    EXPECT_FALSE(is_machine_screen(command)) << command;
  EXPECT_NE(machine_screens().find("ip addr show, ip link show"), std::string::npos);
}

}  // namespace
}  // namespace simcluster::sim
