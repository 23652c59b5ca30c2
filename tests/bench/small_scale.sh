#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: small_scale.sh SAOLUU_SCALE
#
# A scale run that takes a second or two: a repository that grows once, and what is measured on it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" make "$folder/r" 1000 100
"$1" make "$folder/r" 3000 300
"$1" measure "$folder/r" 1
