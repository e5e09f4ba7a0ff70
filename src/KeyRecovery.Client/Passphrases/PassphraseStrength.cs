using System.Text;

namespace KeyRecovery;

/// <summary>
/// Which passphrases are let through. The counter holds against everybody but those who run the realms: with one realm
/// its operator could search, so a weak passphrase needs two.
/// </summary>
public static class PassphraseStrength
{
    /// <summary>The least that a single realm allows, on zxcvbn's scale of 0–4: 10^8 guesses.</summary>
    public const int ScoreForOneRealm = 3;

    /// <summary>The shortest passphrase or PIN that several realms allow, in characters.</summary>
    public const int MinCharacters = 4;

    private const int JudgedCharacters = 100;

    /// <summary>zxcvbn's estimate, 0 (no protection) to 4 (very strong).</summary>
    public static int Score(Passphrase passphrase)
    {
        var text = Encoding.UTF8.GetString(passphrase.Utf8);
        // Its work grows with the square of the length, and what follows makes no passphrase weaker.
        return new Zxcvbn.Zxcvbn().EvaluatePassword(text[..Math.Min(text.Length, JudgedCharacters)]).Score;
    }

    /// <summary>Null where the passphrase may be set with that threshold.</summary>
    internal static ClientFailure.WeakPassphrase? FindFault(Passphrase passphrase, int threshold)
    {
        if (Encoding.UTF8.GetCharCount(passphrase.Utf8) < MinCharacters)
            return new ClientFailure.WeakPassphrase($"a passphrase has at least {MinCharacters} characters");
        return threshold > 1 || Score(passphrase) >= ScoreForOneRealm
            ? null
            : new ClientFailure.WeakPassphrase(
                "this passphrase is easy to guess, and one server alone guards it: whoever runs that server could find "
                + "it. Take a longer one, or let words be drawn for you");
    }
}
