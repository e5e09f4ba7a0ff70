using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Results;

/// <summary>Names that the app gives, in their one spelling, or what is wrong with them.</summary>
internal static class NameWords
{
    /// <param name="what">Whose name it is: "a device's name".</param>
    /// <param name="given">As it was given.</param>
    /// <param name="name">In NFC.</param>
    /// <param name="failure">Why it is none.</param>
    public static bool TryRead(
        string what, string? given, [NotNullWhen(true)] out string? name,
        [NotNullWhen(false)] out ClientFailure.Invalid? failure)
    {
        (name, var fault) = GivenName.Read(given ?? "");
        failure = name is null ? new ClientFailure.Invalid($"{what} {Words(fault, given ?? "")}") : null;
        return failure is null;
    }

    private static string Words(GivenNameFault fault, string given) => fault switch
    {
        GivenNameFault.Empty => "is empty",
        GivenNameFault.Invisible => "has nothing that is seen",
        GivenNameFault.ControlCharacter =>
            "has a character that moves the writing: a control character, or one that turns its direction",
        GivenNameFault.TooLong => string.Create(
            CultureInfo.InvariantCulture,
            $"has at most {Limits.NameBytes} bytes, and this one has {Encoding.UTF8.GetByteCount(given):N0}"),
        _ => "is not valid text",
    };
}
