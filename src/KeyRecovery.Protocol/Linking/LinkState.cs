using System.Diagnostics;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// A state of a session (docs/protocol.md §13). It offers the steps that are due and no others; each uses it up, so
/// that a second one throws <see cref="InvalidOperationException"/>. Nothing in it reads a clock or sends anything.
/// Zeroes its keys on disposal, prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public abstract class LinkState : IDisposable
{
    private IDisposable? _held;

    private protected LinkState(IDisposable held) => _held = held;

    /// <summary>Hands over what the state holds, once.</summary>
    private protected IDisposable Take()
    {
        var held = Interlocked.Exchange(ref _held, null);
        if (held is null) Throw.State("this step of the session was taken already, or the session ended");
        return held;
    }

    /// <summary>Ends the session without a word to the other side; nothing happens where a step was taken.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _held, null) is { } held)
        {
            held.Dispose();
            Release();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Zeroes what the state has beside that, where no step took it along.</summary>
    private protected virtual void Release() { }

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
