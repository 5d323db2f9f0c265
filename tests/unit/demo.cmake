tidemark_test(demo_company_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/demo_company_test.cc LIBS tidemark_company LABELS unit)
tidemark_test(demo_screen_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/demo_screen_test.cc
              LIBS tidemark_demo tidemark_company LABELS unit)

# The command as a user runs it: its own conservation check decides.
add_test(NAME demo_run COMMAND tidemark demo --duration=5s --history=3d --web.listen-address=127.0.0.1:0)
set_tests_properties(demo_run PROPERTIES LABELS e2e TIMEOUT 180)
# A bad storage directory is refused before anything starts.
add_test(NAME demo_refuses_used_storage COMMAND tidemark demo --duration=5s --storage.path=${CMAKE_CURRENT_SOURCE_DIR})
set_tests_properties(demo_refuses_used_storage PROPERTIES LABELS e2e PASS_REGULAR_EXPRESSION "is not empty" TIMEOUT 60)
