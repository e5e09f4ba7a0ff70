using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery;

/// <summary>What came of reading a link code, scanned or out of the envelope of a typed one.</summary>
public abstract record LinkCodeParse
{
    private LinkCodeParse() { }

    /// <summary>Takes the one or the other apart.</summary>
    /// <param name="code">The code, to be disposed of; null where it does not read.</param>
    /// <param name="refused">What is wrong with it, which is never an <see cref="Ok"/>; null where it reads.</param>
    /// <returns>Whether it reads.</returns>
    public bool TryGet([NotNullWhen(true)] out LinkCode? code, [NotNullWhen(false)] out LinkCodeParse? refused)
    {
        code = (this as Ok)?.Code;
        refused = code is null ? this : null;
        return code is not null;
    }

    /// <summary>The code is whole. Whether its session lives, only the relay can tell.</summary>
    /// <param name="Code">The code, to be disposed of.</param>
    public sealed record Ok(LinkCode Code) : LinkCodeParse;

    /// <summary>Something else was scanned.</summary>
    public sealed record NotALinkCode : LinkCodeParse;

    /// <summary>A link code of a version or suite that this software does not know.</summary>
    public sealed record UnknownVersion : LinkCodeParse;

    /// <summary>A link code that is damaged or cut off.</summary>
    public sealed record Unreadable : LinkCodeParse;

    /// <summary>Its key is of small order: nobody makes such a code by accident.</summary>
    public sealed record UnsafeKey : LinkCodeParse;

    /// <summary>The envelope does not open: a typed character is wrong, or the relay gave another envelope.</summary>
    public sealed record WrongSecret : LinkCodeParse;
}
