tidemark_test(layers_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/layers_test.cc ${CMAKE_CURRENT_LIST_DIR}/layers_rules.cc
  LIBS tidemark_options LABELS unit)
target_compile_definitions(layers_test PRIVATE TIDEMARK_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
