using System.Collections.Immutable;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Linking;

/// <summary>An account's places on the relay: the sessions that its devices have opened, the oldest first.</summary>
/// <param name="Places">At most <see cref="LinkRelayLimits.SessionsPerAccount"/>.</param>
internal sealed record LinkPlacesRow(ImmutableArray<LinkPlace> Places)
{
    private const string RowLabel = "link-places";
    private const int Fields = 3;

    public static LinkPlacesRow Empty { get; } = new([]);

    public byte[] Encode()
    {
        var writer = new CborOut().Array(Fields).Text(RowLabel).UInt(1).Array(Places.Length);
        foreach (var place in Places)
        {
            writer.Array(3).Bytes(place.Session.ToArray()).Bytes(place.Authority)
                .UInt((ulong)place.Taken.ToUnixTimeMilliseconds());
        }

        return writer.ToArray();
    }

    /// <exception cref="WireFormatException">The row is damaged.</exception>
    public static LinkPlacesRow Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, Fields);
        var places = ImmutableArray.CreateBuilder<LinkPlace>(reader.Array(0, LinkRelayLimits.SessionsPerAccount));
        for (var left = places.Capacity; left > 0; left--)
        {
            reader.Array(3);
            places.Add(new LinkPlace(
                new LinkSessionId(reader.Bytes(16)), reader.Authority(),
                DateTimeOffset.FromUnixTimeMilliseconds((long)reader.UInt())));
        }

        reader.End();
        return new LinkPlacesRow(places.MoveToImmutable());
    }
}

/// <summary>A place.</summary>
/// <param name="Session">The session that has it, or is about to.</param>
/// <param name="Authority">Who opens it.</param>
/// <param name="Taken">When it was taken.</param>
internal sealed record LinkPlace(LinkSessionId Session, AuthorityId Authority, DateTimeOffset Taken)
{
    private static readonly TimeSpan LongestLife = LinkRelayLimits.UnclaimedLife + LinkRelayLimits.ClaimedLife;

    /// <summary>Whether its session is over, whatever became of it.</summary>
    public bool IsOver(DateTimeOffset now) => now >= Taken + LongestLife;

    /// <summary>Whether a session that is not there may still come: its opening is under way.</summary>
    public bool MayCome(DateTimeOffset now) => now < Taken + LinkRelayLimits.UnclaimedLife;
}
