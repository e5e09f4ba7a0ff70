using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Files.Disk;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>A pair is opened as it was left, or not at all.</summary>
public sealed class OpeningTests : IDisposable
{
    private static readonly RowKey Kept = new(Table.Accounts, new byte[] { 1 });

    private readonly StoreFolder _folder = new();
    private readonly StoreFolder _other = new();

    public void Dispose()
    {
        _folder.Dispose();
        _other.Dispose();
    }

    private static async Task MakeAsync(StoreFolder folder)
    {
        await using var pair = await folder.OpenAsync();
        Assert.True(pair.IsNew);
        await pair.Data.WriteAsync([new RowWrite.Create(Kept, new byte[] { 1 })], CancellationToken.None);
    }

    private async Task RefusedAsync(string because)
    {
        var refusal = await Assert.ThrowsAsync<StoreOpenException>(_folder.OpenAsync);
        Assert.Contains(because, refusal.Message, StringComparison.Ordinal);
    }

    private static void Edit(string path, string sql)
    {
        using var connection = Connection.Open(path, writable: true);
        connection.Execute(sql);
    }

    [Fact]
    public async Task A_pair_is_found_again_with_its_rows_and_its_id()
    {
        await MakeAsync(_folder);
        ReadOnlyMemory<byte> id;
        await using (var first = await _folder.OpenAsync()) id = first.PairId;
        await using var second = await _folder.OpenAsync();
        Assert.False(second.IsNew);
        Assert.Equal(id.ToArray(), second.PairId.ToArray());
        Assert.NotNull(await second.Data.ReadAsync(Kept, CancellationToken.None));
    }

    [Fact]
    public async Task A_second_process_is_refused_until_the_first_is_gone()
    {
        using var holder = Child.Start("hold", _folder.Root);
        Assert.Equal("held", await holder.ReadLineAsync());
        await RefusedAsync("in use by another process");
        await holder.KillAsync();
        await using var pair = await _folder.OpenAsync();
    }

    [Fact]
    public async Task A_second_opening_in_the_same_process_is_refused_too()
    {
        await using var pair = await _folder.OpenAsync();
        await RefusedAsync("in use by another process");
    }

    [Fact]
    public async Task A_lock_that_cannot_be_had_for_another_reason_is_nobodys()
    {
        await MakeAsync(_folder);
        var path = Path.Combine(_folder.DataFolder, FolderLock.FileName);
        File.Delete(path);
        File.CreateSymbolicLink(path, FolderLock.FileName);
        await RefusedAsync("cannot be locked");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lost_file_is_not_replaced_by_an_empty_one(bool keys)
    {
        await MakeAsync(_folder);
        var lost = keys ? _folder.KeyPath : _folder.DataPath;
        File.Delete(lost);
        await RefusedAsync($"{lost} is missing or empty");
        Assert.False(File.Exists(lost));
        await File.WriteAllBytesAsync(lost, []);
        await RefusedAsync($"{lost} is missing or empty");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_of_another_pair_is_refused(bool keys)
    {
        await MakeAsync(_folder);
        await MakeAsync(_other);
        if (keys) File.Copy(_other.KeyPath, _folder.KeyPath, overwrite: true);
        else File.Copy(_other.DataPath, _folder.DataPath, overwrite: true);
        await RefusedAsync("do not belong together");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_newer_schema_is_refused_and_left_as_it_is(bool keys)
    {
        await MakeAsync(_folder);
        var newer = keys ? _folder.KeyPath : _folder.DataPath;
        var version = TableRegistry.Default.SchemaOf(keys ? StoreKind.Keys : StoreKind.Data);
        Edit(newer, $"PRAGMA user_version={version + 1}");
        await RefusedAsync($"{newer} was made by a newer version");
        Edit(newer, $"PRAGMA user_version={version}");
        await using var pair = await _folder.OpenAsync();
    }

    [Fact]
    public async Task The_two_files_cannot_be_exchanged()
    {
        await MakeAsync(_folder);
        File.Move(_folder.KeyPath, _folder.KeyPath + "2");
        File.Copy(_folder.DataPath, _folder.KeyPath);
        await RefusedAsync("is not a KeyRecovery key store");
    }

    [Fact]
    public async Task Somebody_elses_database_is_refused()
    {
        Directory.CreateDirectory(_folder.DataFolder);
        await File.WriteAllBytesAsync(_folder.DataPath, []);
        Edit(_folder.DataPath, "CREATE TABLE recipes(id INTEGER)");
        await RefusedAsync("is not a KeyRecovery data store");
    }

    [Fact]
    public async Task Both_stores_in_one_folder_are_refused()
    {
        var refusal = await Assert.ThrowsAsync<StoreOpenException>(() => _folder.OpenAsync(
            options => options with { Path = Path.Combine(_folder.Root, "one", options.Journal.ToString()) }));
        Assert.Contains("a folder each", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_creation_that_was_cut_short_is_taken_up_again()
    {
        await MakeAsync(_folder);
        // As if the power had gone after the key store was made and before the data store was.
        Edit(_folder.KeyPath, "DELETE FROM meta WHERE name = 'complete'");
        File.Delete(_folder.DataPath);
        await File.WriteAllBytesAsync(_folder.DataPath, []);
        await MakeAsync(_folder);
        await using var pair = await _folder.OpenAsync();
        Assert.False(pair.IsNew);
    }

    [Fact]
    public async Task Everything_is_private_to_its_owner()
    {
        if (OperatingSystem.IsWindows()) return;
        await using var pair = await _folder.OpenAsync();
        await pair.Data.WriteAsync([new RowWrite.Create(Kept, new byte[] { 1 })], CancellationToken.None);
        const UnixFileMode others = ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var entries = Directory.GetFileSystemEntries(_folder.Root, "*", SearchOption.AllDirectories);
        Assert.Contains(_folder.DataPath + "-wal", entries);
        foreach (var path in entries) Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(path) & others);
    }

    [Fact]
    public async Task A_file_that_others_could_read_is_closed_to_them_at_opening()
    {
        if (OperatingSystem.IsWindows()) return;
        await MakeAsync(_folder);
        File.SetUnixFileMode(_folder.KeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await using var pair = await _folder.OpenAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.KeyPath));
    }

    [Fact]
    public async Task Disposal_writes_what_waits_and_leaves_no_log_behind()
    {
        var pair = await _folder.OpenAsync();
        Task<WriteResult>[] waiting = [.. Enumerable.Range(0, 500).Select(i =>
            pair.Data.WriteAsync(
                [new RowWrite.Create(new RowKey(Table.Items, BitConverter.GetBytes(i)), new byte[1000])],
                CancellationToken.None).AsTask())];
        await pair.DisposeAsync();
        Assert.All(await Task.WhenAll(waiting), result => Assert.IsType<WriteResult.Written>(result));
        Assert.False(File.Exists(_folder.DataPath + "-wal"));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await pair.Data.ReadAsync(Kept, CancellationToken.None));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await pair.Data.WriteAsync([new RowWrite.Remove(Kept)], CancellationToken.None));
    }
}
