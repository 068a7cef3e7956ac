import { openInside, pathOf, type FilePath } from './open-file.ts';
import type { Settings } from './options.ts';
import { placeIn, placeWith, type Place, type RequestPath } from './request-path.ts';
import type { FoundFile } from './stored-file.ts';

/** What answers a path: a file, a directory to be listed, a directory whose slash is missing, or nothing. */
export type Found = FoundFile | 'listing' | 'slash' | undefined;

/** Looks for what answers a path: the file itself, the file with an extension, the index of a directory. */
export async function find(settings: Settings, path: RequestPath): Promise<Found> {
  if (path.isDirectory) return (await findIndex(settings, path)) ?? (await findListing(settings, path));
  const absent: FilePath[] = [];
  const exact = await openInside(settings, path);
  if (exact !== undefined && exact !== 'directory') return { opened: exact, place: path, absent };
  if (path.names.length > 0) {
    absent.push(pathOf(settings.root, path));
    for (const extension of settings.extensions) {
      const place = placeWith(path, extension);
      const opened = await openInside(settings, place);
      if (opened !== undefined && opened !== 'directory') return { opened, place, absent };
      absent.push(pathOf(settings.root, place));
    }
  }
  if (exact !== 'directory') return undefined;
  // Sent on only to where something is.
  const index = await findIndex(settings, path);
  await index?.opened.file.close();
  return index !== undefined || settings.listing !== undefined ? 'slash' : undefined;
}

async function findIndex(settings: Settings, directory: Place): Promise<FoundFile | undefined> {
  const absent: FilePath[] = [];
  for (const name of settings.index) {
    const place = placeIn(directory, name);
    const opened = await openInside(settings, place);
    if (opened !== undefined && opened !== 'directory') return { opened, place, absent };
    absent.push(pathOf(settings.root, place));
  }
  return undefined;
}

async function findListing(settings: Settings, directory: Place): Promise<'listing' | undefined> {
  if (settings.listing === undefined) return undefined;
  const opened = await openInside(settings, directory);
  if (opened === 'directory') return 'listing';
  // A file with a slash behind its name.
  await opened?.file.close();
  return undefined;
}
