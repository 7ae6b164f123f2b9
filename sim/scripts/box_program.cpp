#include "sim/scripts/box_program.h"

// SIMCLUSTER_BOX_PROGRAM: the path of the program, from CMake.
asm(".section .rodata\n"
    ".balign 16\n"
    ".global simcluster_box_program\n"
    "simcluster_box_program:\n"
    ".incbin \"" SIMCLUSTER_BOX_PROGRAM
    "\"\n"
    ".global simcluster_box_program_end\n"
    "simcluster_box_program_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" const char simcluster_box_program[];
extern "C" const char simcluster_box_program_end[];

namespace simcluster::sim {

std::string_view box_program() {
  return {simcluster_box_program, static_cast<std::size_t>(simcluster_box_program_end - simcluster_box_program)};
}

}  // namespace simcluster::sim
