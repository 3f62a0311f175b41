# curl, all that is kept in one run of it. Prints the statuses of the answers.
set -eu
kept=$1 direct=$2 order=$3 big=$4
json='Content-Type: application/json'
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
tag=$(curl --silent --output /dev/null --write-out '%header{etag}' "$direct/cluster-types/")
curl --silent --output /dev/null --write-out '%{http_code} ' "$kept/cluster-types/" \
    --next --silent --output /dev/null --write-out '%{http_code} ' --header "If-None-Match: $tag" "$kept/cluster-types/" \
    --next --silent --output /dev/null --write-out '%{http_code} ' --header "$json" --data-binary "@$order" \
        "$kept/clusters/" \
    --next --silent --output /dev/null --write-out '%{http_code} ' "$kept/health"
curl --silent --output "$folder/refused" --write-out '%{http_code} ' --header "$json" --header 'Expect:' \
    --data-binary "@$big" "$direct/clusters/"
sed 's/.*"title":"\([^"]*\)".*/\1/' "$folder/refused"
