using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Service.Realms;

/// <summary>What this realm knows of a slot by its account's chain.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="SigningKey">The key that it was registered with, 32 bytes: another one in the chain is another slot.
/// </param>
/// <param name="RegisteredBy">Who registered it.</param>
/// <param name="RegisteredAt">When, in seconds since 1970.</param>
internal sealed record RealmAccountSlot(
    AuthorityId Slot, ReadOnlyMemory<byte> SigningKey, AuthorityId RegisteredBy, ulong RegisteredAt)
{
    private const int Fields = 9;

    /// <summary>Whether a followed head had it among the active.</summary>
    public bool IsSeen { get; init; }

    /// <summary>Since when a fork has it missing, in seconds since 1970; 0 where none has.</summary>
    public ulong MissingSince { get; init; }

    /// <summary>
    /// Since when the realm follows a line that has it not and that nobody vouched for, in seconds since 1970; 0 where
    /// there is none. It stays as it is, so that a home alone destroys nothing.
    /// </summary>
    public ulong LeftSince { get; init; }

    /// <summary>When it was paused, in seconds since 1970; 0 where it is not.</summary>
    public ulong PausedAt { get; init; }

    /// <summary>Whether it has left the chain: its share is to be destroyed.</summary>
    public bool IsGone { get; init; }

    /// <summary>Whether a device has paused it, and the pause has not ended by itself.</summary>
    public bool IsPaused(Moment now) => PausedAt != 0 && !now.HasReached(PausedAt + RealmLimits.ForkSeconds);

    /// <summary>Whether the chain's end has it.</summary>
    public bool IsActiveIn(RealmView view) =>
        view.Active.TryGetValue(Slot, out var authority)
        && authority.SigningKey.ToArray().AsSpan().SequenceEqual(SigningKey.Span);

    public void Write(CborOut writer) => writer.Array(Fields).Bytes(Slot).Bytes(SigningKey.Span).Bytes(RegisteredBy)
        .UInt(RegisteredAt).UInt(IsSeen ? 1u : 0).UInt(MissingSince).UInt(LeftSince).UInt(PausedAt)
        .UInt(IsGone ? 1u : 0);

    public static RealmAccountSlot Read(CborIn reader)
    {
        reader.Array(Fields);
        return new RealmAccountSlot(
            reader.Authority(), reader.Bytes(VerifyKey.Size), reader.Authority(), reader.UInt())
        {
            IsSeen = reader.UInt(1) == 1,
            MissingSince = reader.UInt(),
            LeftSince = reader.UInt(),
            PausedAt = reader.UInt(),
            IsGone = reader.UInt(1) == 1,
        };
    }
}
