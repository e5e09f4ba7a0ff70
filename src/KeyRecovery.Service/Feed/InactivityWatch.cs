using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Feed;

/// <summary>
/// Over which days an app's accounts were looked at without a gap. A warning counts where it was given in them: a
/// server that stood still, a setting that was off, a key store of an older day and a clock that was wrong at the start
/// all make a gap, in which nobody could come, or whoever came is forgotten.
/// </summary>
/// <param name="Since">The first of them, in days since 1970.</param>
/// <param name="Last">The newest.</param>
internal sealed record InactivityWatch(ulong Since, ulong Last)
{
    /// <summary>As many days may lie between two looks.</summary>
    public const ulong MostGap = 2;

    private const int Fields = 2;

    /// <summary>With a look on another day. One instance's midnight comes before another's.</summary>
    public static InactivityWatch After(InactivityWatch? before, ulong today) => before switch
    {
        null => new InactivityWatch(today, today),
        _ when today + 1 < before.Last || today > before.Last + MostGap => new InactivityWatch(today, today),
        _ => before with { Last = Math.Max(before.Last, today) },
    };

    /// <summary>Whether there is none between the newest and a day.</summary>
    public bool Reaches(ulong today) => After(this, today).Since == Since;

    public void Write(CborOut writer) => writer.Array(Fields).UInt(Since).UInt(Last);

    /// <exception cref="WireFormatException">It is none.</exception>
    public static InactivityWatch Read(CborIn reader)
    {
        reader.Array(Fields);
        return new InactivityWatch(reader.UInt(), reader.UInt());
    }
}
