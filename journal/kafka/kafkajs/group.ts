/** Joining a group, in the protocol that all of Kafka's tools read. */
import kafkajs from 'kafkajs';
import type { PartitionFacts } from '#journal/kafka/client.ts';
import type { KafkaLink } from '#journal/kafka/kafkajs/link.ts';

const { AssignerProtocol } = kafkajs;

export interface GroupMembership {
  readonly member: string;
  readonly generation: number;
  /** Rising. */
  readonly partitions: readonly number[];
}

const PROTOCOL = 'plimsoll';

/** Resolves when all members have joined; the first of them divides the partitions, in turns. */
export function joinGroup(
  link: KafkaLink,
  options: {
    readonly group: string;
    /** Empty for one who has not been a member. */
    readonly member: string;
    readonly sessionMs: number;
    readonly rebalanceMs: number;
  },
): Promise<GroupMembership> {
  const { group } = options;
  return link.coordinator(group, async (broker) => {
    const joined = await broker.joinGroup({
      groupId: group,
      memberId: options.member,
      sessionTimeout: options.sessionMs,
      rebalanceTimeout: options.rebalanceMs,
      groupProtocols: [
        {
          name: PROTOCOL,
          metadata: AssignerProtocol.MemberMetadata.encode({
            version: 1,
            topics: [link.topic],
            userData: NO_BYTES,
          }),
        },
      ],
    });
    const isLeader = joined.leaderId === joined.memberId;
    const { memberAssignment } = await broker.syncGroup({
      groupId: group,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment: isLeader
        ? divide(
            joined.members.map(({ memberId }) => memberId),
            link.topic,
            await link.partitions(),
          )
        : [],
    });
    const given = AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[link.topic] ?? [];
    return {
      member: joined.memberId,
      generation: joined.generationId,
      partitions: given.toSorted((a, b) => a - b),
    };
  });
}

const NO_BYTES = Buffer.alloc(0);

function divide(
  members: readonly string[],
  topic: string,
  partitions: readonly PartitionFacts[],
): { memberId: string; memberAssignment: Buffer }[] {
  return members.toSorted().map((memberId, index) => {
    const given = partitions
      .filter((_, at) => at % members.length === index)
      .map(({ partition }) => partition);
    const assignment = { version: 1, assignment: { [topic]: given }, userData: NO_BYTES };
    return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode(assignment) };
  });
}
