using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using Tmds.DBus.Protocol;

namespace KeyRecovery.Client.KeyStores;

/// <summary>
/// The calls of the Secret Service API (freedesktop.org, draft 0.2) that are needed, on one connection. Secrets cross
/// the bus <c>plain</c>: it is a socket of this user and this machine, and whoever may listen there may ask for the
/// secret as well.
/// </summary>
internal sealed class SecretServiceBus : IDisposable
{
    private const string Service = "org.freedesktop.secrets";
    private const string Root = "/org/freedesktop/secrets";
    private const string Api = "org.freedesktop.Secret.";
    private const string None = "/";
    private const string ContentType = "application/octet-stream";

    // A daemon that is started by the call takes its time; a person at a prompt takes more.
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PromptLimit = TimeSpan.FromMinutes(2);

    private readonly DBusConnection _bus;
    private readonly CancellationToken _ct;
    private string? _session;

    private SecretServiceBus(DBusConnection bus, CancellationToken ct) => (_bus, _ct) = (bus, ct);

    /// <summary>Connects, for the calls of one operation.</summary>
    /// <param name="address">The session bus; null where there is none.</param>
    /// <param name="ct">Cancels the connecting and each call.</param>
    /// <exception cref="DeviceStoreException">There is no bus, or it does not answer.</exception>
    public static async Task<SecretServiceBus> ConnectAsync(string? address, CancellationToken ct)
    {
        if (address is null) throw Away("there is no desktop session here (DBUS_SESSION_BUS_ADDRESS is not set)");
        DBusConnection? bus = null;
        try
        {
            bus = new DBusConnection(address);
            await bus.ConnectAsync().AsTask().WaitAsync(CallLimit, ct);
            return new SecretServiceBus(bus, ct);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            bus?.Dispose();
            throw Away("the desktop's session bus does not answer", failure);
        }
    }

    public void Dispose() => _bus.Dispose();

    /// <summary>The collection where new secrets go; null where there is none.</summary>
    public async Task<string?> FindDefaultAsync()
    {
        var path = await CallAsync(Root, Api + "Service", "ReadAlias", "s",
            static (ref w, _) => w.WriteString("default"), 0,
            static (m, _) => m.GetBodyReader().ReadObjectPathAsString());
        return path == None ? null : path;
    }

    /// <summary>Whether a collection is locked.</summary>
    public Task<bool> IsLockedAsync(string collection) =>
        CallAsync(collection, "org.freedesktop.DBus.Properties", "Get", "ss", static (ref w, _) =>
        {
            w.WriteString(Api + "Collection");
            w.WriteString("Locked");
        }, 0, static (m, _) => m.GetBodyReader().ReadVariantValue().GetBool());

    /// <summary>The items that have these attributes, open ones and locked ones.</summary>
    public Task<(string[] Open, string[] Locked)> SearchAsync((string, string)[] attributes) =>
        CallAsync(Root, Api + "Service", "SearchItems", "a{ss}", WriteAttributes, attributes, static (m, _) =>
        {
            var reader = m.GetBodyReader();
            return (Paths(reader.ReadArrayOfObjectPath()), Paths(reader.ReadArrayOfObjectPath()));
        });

    /// <summary>Unlocks an item or a collection; where a person has to say yes, the keyring itself asks.</summary>
    /// <exception cref="DeviceStoreException">It stays locked.</exception>
    public async Task UnlockAsync(string path)
    {
        var (open, prompt) = await CallAsync(Root, Api + "Service", "Unlock", "ao", static (ref w, path) =>
        {
            var paths = w.WriteArrayStart(DBusType.ObjectPath);
            w.WriteObjectPath(path);
            w.WriteArrayEnd(paths);
        }, path, static (m, _) =>
        {
            var reader = m.GetBodyReader();
            return (Paths(reader.ReadArrayOfObjectPath()), reader.ReadObjectPathAsString());
        });
        if (!open.Contains(path)) await PromptAsync(prompt);
    }

    /// <summary>Stores a secret, in place of an item with the same attributes.</summary>
    public async Task CreateItemAsync(
        string collection, string label, (string, string)[] attributes, SecretBytes secret)
    {
        // The library's writer wants it for as long as the call is made: pinned and zeroed.
        var copy = GC.AllocateArray<byte>(secret.Length, pinned: true);
        secret.Span.CopyTo(copy);
        try
        {
            var session = await OpenSessionAsync();
            await PromptAsync(await CallAsync(collection, Api + "Collection", "CreateItem", "a{sv}(oayays)b",
                static (ref w, item) =>
                {
                    var properties = w.WriteDictionaryStart();
                    w.WriteDictionaryEntryStart();
                    w.WriteString(Api + "Item.Label");
                    w.WriteVariantString(item.label);
                    w.WriteDictionaryEntryStart();
                    w.WriteString(Api + "Item.Attributes");
                    w.WriteSignature("a{ss}");
                    WriteAttributes(ref w, item.attributes);
                    w.WriteDictionaryEnd(properties);
                    w.WriteStructureStart();
                    w.WriteObjectPath(item.session);
                    w.WriteArray(ReadOnlySpan<byte>.Empty);
                    w.WriteArray(item.copy.AsSpan());
                    w.WriteString(ContentType);
                    w.WriteBool(true);
                }, (label, attributes, session, copy), static (m, _) =>
                {
                    var reader = m.GetBodyReader();
                    reader.ReadObjectPathAsString();
                    return reader.ReadObjectPathAsString();
                }));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    /// <summary>Reads an open item's secret.</summary>
    /// <exception cref="DeviceStoreException">It is locked again, gone, or no key.</exception>
    public async Task<SecretBytes> ReadAsync(string item)
    {
        var session = await OpenSessionAsync();
        return await CallAsync(item, Api + "Item", "GetSecret", "o",
            static (ref w, session) => w.WriteObjectPath(session), session, static (m, _) =>
            {
                var reader = m.GetBodyReader();
                reader.AlignStruct();
                reader.ReadObjectPathAsString();
                reader.ReadArrayOfByte();
                var secret = reader.ReadArrayOfByte();
                try
                {
                    return SecretBytes.Copy(secret);
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(secret);
                }
            }) is { Length: SecretBox.KeySize } key ? key : throw new DeviceStoreException(
                DeviceStoreTrouble.WrongSize, "this device's entry in the desktop's keyring is no key: it was changed");
    }

    /// <summary>Deletes an item.</summary>
    public async Task DeleteAsync(string item) => await PromptAsync(await CallAsync(
        item, Api + "Item", "Delete", "", static (ref _, _) => { }, 0,
        static (m, _) => m.GetBodyReader().ReadObjectPathAsString()));

    private async Task<string> OpenSessionAsync() => _session ??= await CallAsync(
        Root, Api + "Service", "OpenSession", "sv", static (ref w, _) =>
        {
            w.WriteString("plain");
            w.WriteVariantString("");
        }, 0, static (m, _) =>
        {
            var reader = m.GetBodyReader();
            reader.ReadVariantValue();
            return reader.ReadObjectPathAsString();
        });

    // The keyring asks in its own window; what it says is one signal, watched for before it is asked to.
    private async Task PromptAsync(string prompt)
    {
        if (prompt == None) return;
        var said = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = await GuardAsync(_bus.WatchSignalAsync(
            Service, prompt, Api + "Prompt", "Completed", static (m, _) => m.GetBodyReader().ReadBool(),
            (Notification<bool> told) => said.TrySetResult(!told.HasValue || told.Value),
            ObserverFlags.EmitOnConnectionClosed | ObserverFlags.EmitOnConnectionFailed).AsTask(), CallLimit);
        await CallAsync(prompt, Api + "Prompt", "Prompt", "s", static (ref w, _) => w.WriteString(""), 0,
            static (_, _) => true);
        if (await GuardAsync(said.Task, PromptLimit))
            throw new DeviceStoreException(
                DeviceStoreTrouble.Locked,
                "the desktop's keyring is locked, and was not unlocked: unlock it (log in to the desktop, or open its "
                + "passwords app), then try again");
    }

    private delegate void WriteBody<in T>(ref MessageWriter writer, T state);

    private Task<TReply> CallAsync<TState, TReply>(
        string path, string api, string member, string signature, WriteBody<TState> write, TState state,
        MessageValueReader<TReply> read)
    {
        try
        {
            var writer = _bus.GetMessageWriter();
            writer.WriteMethodCallHeader(
                Service, path, api, member, signature.Length == 0 ? null : signature, MessageFlags.None);
            write(ref writer, state);
            return GuardAsync(_bus.CallMethodAsync(writer.CreateMessage(), read, null), CallLimit);
        }
        catch (Exception gone) when (gone is DBusExceptionBase or ObjectDisposedException)
        {
            throw Away("the desktop's session bus has gone away", gone);
        }
    }

    // Errors: the specification's chapter 15, and those of D-Bus itself.
    private async Task<T> GuardAsync<T>(Task<T> call, TimeSpan limit)
    {
        try
        {
            return await call.WaitAsync(limit, _ct);
        }
        catch (DBusErrorReplyException said) when (said.ErrorName == Api + "Error.IsLocked")
        {
            throw new DeviceStoreException(
                DeviceStoreTrouble.Locked, "the desktop's keyring is locked: unlock it, then try again", said);
        }
        catch (DBusErrorReplyException said) when (said.ErrorName == "org.freedesktop.DBus.Error.AccessDenied")
        {
            throw new DeviceStoreException(
                DeviceStoreTrouble.NoPermission, "the desktop's keyring does not let this program in", said);
        }
        catch (DBusErrorReplyException said)
        {
            throw Away($"no keyring answers on the desktop's session bus ({said.ErrorName})", said);
        }
        catch (TimeoutException late)
        {
            throw Away($"the desktop's keyring has not answered within {limit.TotalSeconds:0} s", late);
        }
        catch (Exception gone) when (gone is DBusExceptionBase or IOException or ObjectDisposedException)
        {
            throw Away("the desktop's session bus has gone away", gone);
        }
    }

    private static void WriteAttributes(ref MessageWriter writer, (string Name, string Value)[] attributes)
    {
        var entries = writer.WriteDictionaryStart();
        foreach (var (name, value) in attributes)
        {
            writer.WriteDictionaryEntryStart();
            writer.WriteString(name);
            writer.WriteString(value);
        }
        writer.WriteDictionaryEnd(entries);
    }

    private static string[] Paths(ObjectPath[] paths) => [.. paths.Select(p => p.ToString())];

    private static DeviceStoreException Away(string why, Exception? inner = null) => new(
        DeviceStoreTrouble.KeyStoreAway,
        $"{why}. This device's key lies in the keyring of the desktop session where it was made", inner);
}
