namespace KeyRecovery.Protocol.Wire;

/// <summary>
/// Who signed a request, the <c>keyid</c> of RFC 9421: <c>account.authority</c> for a device, or the slot's id alone
/// for a recovery slot, since a code knows no account. Each part is an id in base64url, 22 characters.
/// </summary>
public readonly record struct KeyId
{
    private const char Separator = '.';

    private KeyId(AccountId? account, AuthorityId authority)
    {
        Account = account;
        Authority = authority;
    }

    /// <summary>The account of a device; null for a slot.</summary>
    public AccountId? Account { get; }

    /// <summary>The device or the slot.</summary>
    public AuthorityId Authority { get; }

    /// <summary>A device of an account.</summary>
    public static KeyId OfDevice(AccountId account, AuthorityId device) => new(account, device);

    /// <summary>A recovery slot.</summary>
    public static KeyId OfSlot(AuthorityId slot) => new(null, slot);

    /// <summary>Reads either form; false for anything else.</summary>
    public static bool TryParse(string? text, out KeyId keyId)
    {
        keyId = default;
        if (text is null) return false;
        AccountId? account = null;
        var separator = text.IndexOf(Separator, StringComparison.Ordinal);
        if (separator >= 0)
        {
            if (!AccountId.TryParse(text[..separator], out var parsed)) return false;
            account = parsed;
        }

        if (!AuthorityId.TryParse(text[(separator + 1)..], out var authority)) return false;
        keyId = new KeyId(account, authority);
        return true;
    }

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() =>
        Account is { } account ? $"{account}{Separator}{Authority}" : Authority.ToString();
}
