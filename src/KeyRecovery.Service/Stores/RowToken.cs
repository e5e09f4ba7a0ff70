namespace KeyRecovery.Service.Stores;

/// <summary>
/// Which writing of a row was read: another one with each writing, also where the row was deleted and made anew. (A
/// version is not enough: a row that comes again begins at 1, and looks like the old one.)
/// </summary>
public readonly record struct RowToken
{
    private readonly long _number;
    private readonly string? _text;

    private RowToken(long number, string? text) => (_number, _text) = (number, text);

    /// <summary>The number, where the store's tokens are numbers.</summary>
    public long Number => _text is null ? _number : throw new InvalidOperationException("the token is a text");

    /// <summary>The text, where the store's tokens are texts.</summary>
    public string Text => _text ?? throw new InvalidOperationException("the token is a number");

    /// <summary>A token of a store that draws a number at each writing.</summary>
    public static RowToken Of(long number) => new(number, null);

    /// <summary>A token of a store that names each writing by a text, such as an ETag.</summary>
    public static RowToken Of(string text) => new(0, text);
}
