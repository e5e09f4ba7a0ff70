using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery;

/// <summary>A file of a log cannot be had: of the log that says nothing.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown by PublicLog alone, and always with the cause.")]
public sealed class LogUnavailableException : Exception
{
    internal LogUnavailableException(string name, ClientFailure failure)
        : base($"{name}: {failure.Message}") => (Name, Failure) = (name, failure);

    /// <summary>The file, below the log's prefix.</summary>
    public string Name { get; }

    /// <summary>Why.</summary>
    public ClientFailure Failure { get; }
}
