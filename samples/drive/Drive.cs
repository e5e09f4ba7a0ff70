using System.Security.Cryptography;
using System.Text;
using KeyRecovery;

namespace DriveSample;

/// <summary>
/// One person's drive: each file is encrypted under a content key of its own, whose record says who reads it.
/// </summary>
internal sealed class Drive(AccountIdentity me, BlobStore blobs)
{
    private const string Share = "drive.example/v1/share";
    private const int NonceSize = 12;
    private const int TagSize = 16;

    /// <summary>Stores a new file for its owner and some readers; tells its id.</summary>
    public string Put(ReadOnlySpan<byte> content, params IEnumerable<IdentityStatement> readers)
    {
        using var key = Value(me.CreateKey(readers));
        Write(key, content);
        return key.Record.Id.ToString();
    }

    /// <summary>Reads a file of somebody's; says so where it is not for this person.</summary>
    public Result<byte[]> Read(string id, IdentityStatement owner)
    {
        if (!Open(id, owner).TryGet(out var key, out var failure)) return failure;
        using (key)
        {
            var box = blobs.Get($"{id}.{key.Record.Since}.file");
            var content = new byte[box.Length - NonceSize - TagSize];
            using var cipher = new ChaCha20Poly1305(key.Span);
            cipher.Decrypt(box.AsSpan(0, NonceSize), box.AsSpan(NonceSize, content.Length), box.AsSpan(^TagSize..),
                content, key.Record.Id.ToArray());
            return content;
        }
    }

    /// <summary>Gives one more person the file as it is.</summary>
    public void Grant(string id, IdentityStatement reader)
    {
        using var key = Value(Open(id, me.Statement));
        using var shared = Value(me.Grant(key, reader));
        blobs.Put($"{id}.key", shared.Record.Bytes.Span);
    }

    /// <summary>Takes the file from somebody: another key, and the content encrypted anew under it.</summary>
    public void Revoke(string id, IdentityStatement reader, params IEnumerable<IdentityStatement> readers)
    {
        var content = Value(Read(id, me.Statement));
        using var key = Value(Open(id, me.Statement));
        using var next = Value(me.Revoke(key, reader.Account, readers));
        Write(next, content);
        CryptographicOperations.ZeroMemory(content);
    }

    /// <summary>Tells somebody of a file, in a letter that only that person opens.</summary>
    public void Tell(IdentityStatement reader, string id, string name) =>
        blobs.Put($"to.{reader.Account}", Value(me.SealFor(reader, Share, Encoding.UTF8.GetBytes($"{id} {name}"))));

    /// <summary>What somebody told this person of: the file's id and its name.</summary>
    public (string Id, string Name) Hear(IdentityStatement sender)
    {
        var letter = Value(me.Open(sender, Share, blobs.Get($"to.{me.Account}")));
        var words = Encoding.UTF8.GetString(letter.Content).Split(' ', 2);
        return (words[0], words[1]);
    }

    /// <summary>The value of what has to work.</summary>
    public static T Value<T>(Result<T> result) =>
        result.Match(value => value, failure => throw new InvalidOperationException(failure.Message));

    private Result<ContentKey> Open(string id, IdentityStatement owner) => me.OpenKey(blobs.Get($"{id}.key"), owner);

    private void Write(ContentKey key, ReadOnlySpan<byte> content)
    {
        // A nonce of chance is enough: each content key encrypts one version of one file.
        var box = new byte[NonceSize + content.Length + TagSize];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceSize));
        using var cipher = new ChaCha20Poly1305(key.Span);
        cipher.Encrypt(box.AsSpan(0, NonceSize), content, box.AsSpan(NonceSize, content.Length),
            box.AsSpan(^TagSize..), key.Record.Id.ToArray());
        blobs.Put($"{key.Record.Id}.{key.Record.Since}.file", box);
        blobs.Put($"{key.Record.Id}.key", key.Record.Bytes.Span);
    }
}
