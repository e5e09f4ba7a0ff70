using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery;

/// <summary>What came of reading a passphrase.</summary>
public abstract record PassphraseParse
{
    private PassphraseParse() { }

    /// <summary>Takes the one or the other apart.</summary>
    /// <param name="passphrase">The passphrase, to be disposed of; null where it is none.</param>
    /// <param name="refused">Why it is none; null where it is one.</param>
    /// <returns>Whether it is one.</returns>
    public bool TryGet([NotNullWhen(true)] out Passphrase? passphrase, [NotNullWhen(false)] out Refused? refused)
    {
        (passphrase, refused) = ((this as Ok)?.Passphrase, this as Refused);
        return passphrase is not null;
    }

    /// <summary>It is one. Whether it is the right one, only the realms can tell.</summary>
    /// <param name="Passphrase">The passphrase, to be disposed of.</param>
    public sealed record Ok(Passphrase Passphrase) : PassphraseParse;

    /// <summary>It is none.</summary>
    /// <param name="Fault">Why.</param>
    public sealed record Refused(PassphraseFault Fault) : PassphraseParse;
}
