# The build of record. Baseline flags only: each instruction set is compiled inside a target region of its own source.
{
  "targets": [
    {
      "target_name": "vectral",
      "sources": ["<!@(node scripts/sources.mjs core dispatch isa program vectors napi)"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS", "NDEBUG"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": [
        "-std=c++20",
        "-O3",
        "-fPIC",
        "-pthread",
        "-Wall",
        "-Wextra",
        "-fexceptions",
        "-fvisibility=hidden",
        "-ffp-contract=off",
        "-fno-math-errno",
      ],
      "conditions": [
        ["OS=='linux'", {"ldflags": ["-static-libstdc++", "-static-libgcc", "-pthread", "-Wl,--exclude-libs,ALL"]}],
      ],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
        "CLANG_CXX_LIBRARY": "libc++",
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "GCC_OPTIMIZATION_LEVEL": "3",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "OTHER_CPLUSPLUSFLAGS": ["-ffp-contract=off", "-fno-math-errno"],
      },
      "msvs_settings": {
        "VCCLCompilerTool": {
          "AdditionalOptions": ["/std:c++20", "/fp:precise", "/utf-8"],
          "ExceptionHandling": 1,
          "Optimization": 2,
        },
      },
    },
  ],
}
