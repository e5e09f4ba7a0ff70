using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery.Service.Log;

/// <summary>
/// A witness knows a larger tree of the log than its head, or another one: whoever signs now may sign a fork, so
/// nothing is signed. Changes are committed all the same, and wait.
/// </summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown here alone, and always with the witness.")]
public sealed class LogContradictedException : Exception
{
    internal LogContradictedException(string message) : base(message) { }
}
