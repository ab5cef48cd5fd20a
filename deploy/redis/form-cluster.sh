#!/bin/sh
# form-cluster.sh NODE...: forms a Redis Cluster of empty nodes, `address:port` each: the first three become
# primaries, and the others their replicas. Changes nothing if any of them is in a cluster already. Ends
# when the cluster can be used.
#
# REDISCLI_AUTH is the password of all nodes.
set -eu
PATIENCE_S=60

say() {
    printf '%s\n' "$*"
}

ask() {
    node=$1
    shift
    redis-cli -h "${node%:*}" -p "${node##*:}" "$@" | tr -d '\r'
}

# state NODE NAME: a line of `cluster info`, as the node sees it.
state() {
    ask "$1" cluster info | sed -n "s/^$2://p"
}

# A primary without replicas takes no writes, and services would start with errors.
is_replicated() {
    ask "$1" info replication | grep -Eqx 'master_link_status:up|connected_slaves:[1-9][0-9]*'
}

# Waits until a command succeeds; fails with the other words if that takes too long.
await() {
    command=$1 problem=$2 waited_s=0
    until $command; do
        [ "$waited_s" -lt "$PATIENCE_S" ] || { say "After $PATIENCE_S s $problem."; exit 1; }
        sleep 1
        waited_s=$((waited_s + 1))
    done
}

# After a start of all nodes it takes them some seconds to agree.
is_ok() {
    [ "$(state "$MEMBER" cluster_state)" = ok ]
}

all_are_replicated() {
    for node in $NODES; do
        is_replicated "$node" || return 1
    done
}

NODES=$* MEMBER= STRANGERS=
for node in $NODES; do
    case "$(state "$node" cluster_known_nodes) $(state "$node" cluster_slots_assigned)" in
        ' '*) say "$node does not answer."; exit 1 ;;
        '1 0') STRANGERS="$STRANGERS $node" ;;
        *) MEMBER=$node ;;
    esac
done
if [ -n "$MEMBER" ]; then
    await is_ok "the cluster that $MEMBER is in can't be used"
    say "There is a cluster already.${STRANGERS:+ Not in it:$STRANGERS. See redis-cli --cluster add-node.}"
    exit 0
fi
MEMBER=$1
# shellcheck disable=SC2086 # The nodes are one word each.
redis-cli --cluster create $NODES --cluster-replicas "$((($# - 3) / 3))" --cluster-yes
await is_ok "the cluster can't be used"
await all_are_replicated "a primary has no replica, or a replica no primary"
say "The cluster is formed of $(state "$MEMBER" cluster_known_nodes) nodes."
